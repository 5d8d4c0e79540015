"""Networks of the package pytorchcv, by its own names of them."""

from __future__ import annotations

from importlib import import_module

from benchmarks.zoo.spec import Built, Spec, image

# family: module.function of the package, @side of the image where it is not that of ImageNet
KNOWN = """
alexnet: alexnet.alexnet alexnet.alexnetb
zfnet: zfnet.zfnet
vgg: vgg.vgg11 vgg.bn_vgg13 vgg.bn_vgg16b
inception: bninception.bninception inceptionv3.inceptionv3@299 inceptionv4.inceptionv4@299
inception-resnet: inceptionresnetv1.inceptionresnetv1@299 inceptionresnetv2.inceptionresnetv2@299
resnet: resnet.resnet10 resnet.resnet18_wd4 resnet.resnetbc14b resnet.resnet50 resneta.resneta10
 resnetd.resnetd50b wrn.wrn50_2 resnet_cifar.resnet20_cifar10@32
 resdropresnet_cifar.resdropresnet20_cifar10@32 simplepose_coco.simplepose_resnet18_coco@256x192
 simpleposemobile_coco.simplepose_mobile_resnet18_coco@256x192
preact-resnet: preresnet.preresnet10 preresnet.preresnet18_wd4 preresnet.preresnetbc14b
 preresnet_cifar.preresnet20_cifar10@32 wrn_cifar.wrn16_10_cifar10@32
resnext: resnext.resnext14_16x4d resnext.resnext26_32x2d resnext_cifar.resnext20_16x4d_cifar10@32
se-resnet: seresnet.seresnet10 seresnet.seresnet18 seresnet.seresnetbc26b
 seresnet_cifar.seresnet20_cifar10@32 fastseresnet.fastseresnet101b
se-resnext: seresnext.seresnext50_32x4d
regnet: regnet.regnetx002 regnet.regnety002
densenet: densenet.densenet121 densenet_cifar.densenet40_k12_cifar10@32
darknet: darknet.darknet_ref darknet.darknet_tiny darknet.darknet19 darknet53.darknet53
dla: dla.dla34 dla.dla46c dla.dla46xc
hrnet: hrnet.hrnet_w18_small_v1 hrnet.hrnetv2_w18
squeezenet: squeezenet.squeezenet_v1_0 squeezenet.squeezenet_v1_1
 squeezenet.squeezeresnet_v1_1
shufflenet: shufflenet.shufflenet_g1_w1 shufflenet.shufflenet_g3_w1 shufflenetv2.shufflenetv2_wd2
 shufflenetv2b.shufflenetv2b_wd2
mobilenetv1: mobilenet.mobilenet_wd4 mobilenetb.mobilenetb_wd4 fdmobilenet.fdmobilenet_wd4
mobilenetv2: mobilenetv2.mobilenetv2_wd4 mobilenetv2.mobilenetv2b_wd4
mobilenetv3: mobilenetv3.mobilenetv3_small_wd2 mobilenetv3.mobilenetv3_large_w1
ghostnet: ghostnet.ghostnet
mnasnet: mnasnet.mnasnet_b1 mnasnet.mnasnet_a1 mnasnet.mnasnet_small
xception: xception.xception@299
efficientnet: efficientnet.efficientnet_b0 efficientnet.efficientnet_b0b
efficientnet-edgetpu: efficientnetedge.efficientnet_edge_small_b
fcn: fcn8sd.fcn8sd_resnetd50b_voc@96
deeplab: deeplabv3.deeplabv3_resnetd50b_voc@96
enet: enet.enet_cityscapes@128
linknet: linknet.linknet_cityscapes@128
unet: unet.unet_cityscapes@128
openpose: lwopenpose_cmupan.lwopenpose2d_mobilenet_cmupan_coco@128
centernet: centernet.centernet_resnet18_voc@128 centernet.centernet_resnet50b_coco@128
"""

# networks with a defining block of their own, for which there may be no signature
OTHERS = """
se-preresnet: sepreresnet.sepreresnet10
senet: senet.senet16
resnest: resnesta.resnestabc14
ibn-resnet: ibnresnet.ibn_resnet50
airnet: airnet.airnet50_1x64d_r16
bam-resnet: bamresnet.bam_resnet18
cbam-resnet: cbamresnet.cbam_resnet18
residual-attention: resattnet.resattnet56
sknet: sknet.sknet50
scnet: scnet.scnet50
dia-resnet: diaresnet.diaresnet10
pyramidnet: pyramidnet_cifar.pyramidnet110_a48_cifar10@32
diracnet: diracnetv2.diracnet18v2
condensenet: condensenet.condensenet74_c4_g4
sparsenet: sparsenet.sparsenet121
peleenet: peleenet.peleenet
drn: drn.drnc26 drn.drnd22
dpn: dpn.dpn68
channelnet: channelnet.channelnet
isqrt-cov: isqrtcovresnet.isqrtcovresnet18
revnet: revnet.revnet38
bagnet: bagnet.bagnet9
msdnet: msdnet.msdnet22
fishnet: fishnet.fishnet99
espnetv2: espnetv2.espnetv2_wd2
dicenet: dicenet.dicenet_wd5
vovnet: vovnet.vovnet27s
selecsls: selecsls.selecsls42
hardnet: hardnet.hardnet39ds
x-densenet: xdensenet.xdensenet121_2
squeezenext: squeezenext.sqnxt23_w1
menet: menet.menet108_8x1_g3
igcv3: igcv3.igcv3_wd4
darts: darts.darts
proxylessnas: proxylessnas.proxylessnas_cpu
fbnet: fbnet.fbnet_cb
spnasnet: spnasnet.spnasnet
polynet: polynet.polynet@331
nasnet: nasnet.nasnet_4a1056
mixnet: mixnet.mixnet_s
nin: nin_cifar.nin_cifar10@32
ror: ror_cifar.ror3_56_cifar10@32
rir: rir_cifar.rir_cifar10@32
shake-shake: shakeshakeresnet_cifar.shakeshakeresnet20_2x16d_cifar10@32
fractalnet: fractalnet_cifar.fractalnet_cifar10@32
octave: octresnet.octresnet10_ad2
pspnet: pspnet.pspnet_resnetd50b_voc@96
icnet: icnet.icnet_resnetd50b_cityscapes@128
fast-scnn: fastscnn.fastscnn_cityscapes@128
cgnet: cgnet.cgnet_cityscapes@128
dabnet: dabnet.dabnet_cityscapes@128
sinet: sinet.sinet_cityscapes@128
bisenet: bisenet.bisenet_resnet18_celebamaskhq@128
danet: danet.danet_resnetd50b_cityscapes@96
fpenet: fpenet.fpenet_cityscapes@128
contextnet: contextnet.ctxnet_cityscapes@128
lednet: lednet.lednet_cityscapes@128
esnet: esnet.esnet_cityscapes@128
edanet: edanet.edanet_cityscapes@128
erfnet: erfnet.erfnet_cityscapes@128
segnet: segnet.segnet_cityscapes@128
sqnet: sqnet.sqnet_cityscapes@128
alphapose: alphapose_coco.alphapose_fastseresnet101b_coco@256x192
ibppose: ibppose_coco.ibppose_coco@256
prnet: prnet.prnet@256
lffd: lffd.lffd20x5s320v2_widerface@128
tresnet: tresnet.tresnet_m
"""


def entry(family: str, text: str) -> Spec:
    """One network with a batch of one image."""
    path, _, side = text.partition("@")
    height, _, width = (side or "224").partition("x")
    size = (int(height), int(width or height))
    module, _, function = path.partition(".")

    def build(_: int) -> Built:
        maker = getattr(import_module(f"pytorchcv.models.{module}"), function)
        options = {"in_size": size} if side else {}
        return image(maker(pretrained=False, **options), size)

    return Spec(
        f"fourth-{function.replace('_', '-')}", family, function, build,
        implementation="pytorchcv",
    )  # fmt: skip


def table(text: str) -> list[Spec]:
    """The rows of one table; a line that starts with a space continues the one before."""
    found = []
    for line in text.strip().replace("\n ", " ").splitlines():
        family, _, rest = line.partition(":")
        found += [entry(family, each) for each in rest.split()]
    return found


SPECS = [*table(KNOWN), *table(OTHERS)]
