"""Vision models: hand-written twins with their labels."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from benchmarks.zoo import classic, inception, mixed, mobile
from benchmarks.zoo.resnets import BasicBlock, Bottleneck, PreActResNet, ResNet
from benchmarks.zoo.spec import Built, Spec, image

Maker = Callable[[], nn.Module]


def still(
    name: str,
    family: str,
    maker: Maker,
    size: int = 224,
    channels: int = 3,
    variant: str = "",
    task: str = "classification",
) -> Spec:
    """A spec for an image model of fixed layout; `variant` defaults to the name."""

    def build(_: int) -> Built:
        return image(maker(), size, channels)

    return Spec(name, family, variant or name, build, task=task)


def residual(name: str, depths: list[int], basic: bool = False, **options: bool) -> Spec:
    """A ResNet built from its stage depths."""
    block = BasicBlock if basic else Bottleneck
    size = 32 if options.get("cifar") else 224
    return still(name, "resnet", lambda: ResNet(block, depths, **options), size)


def seeded_cnn(seed: int) -> Built:
    """A random plain CNN."""
    module, size = mixed.random_cnn(seed)
    return image(module, size)


def seeded_mlp(seed: int) -> Built:
    """A random plain MLP; a batch of two keeps BatchNorm1d honest."""
    module, width = mixed.random_mlp(seed)
    return Built(module, {"input": torch.randn(2, width)}, {"input": {0: "batch"}})


def reader(name: str, maker: Maker, components: str) -> Spec:
    """A text-line recogniser over a 32x128 grey image."""

    def build(_: int) -> Built:
        return image(maker(), (32, 128), 1)

    return Spec(name, "crnn", name, build, components, "image", "text-recognition")


def vgg(depth: int, norm: bool) -> Spec:
    """VGG with or without BatchNorm."""
    name = f"vgg-{depth}-bn" if norm else f"vgg-{depth}"
    return still(name, "vgg", lambda: classic.VGG(depth, norm), variant=f"vgg-{depth}")


RESNETS = [
    residual("resnet-18", [2, 2, 2, 2], basic=True),
    residual("resnet-34", [3, 4, 6, 3], basic=True),
    residual("resnet-50", [3, 4, 6, 3]),
    residual("resnet-101", [3, 4, 23, 3]),
    residual("resnet-152", [3, 8, 36, 3]),
    residual("resnet-50-v1", [3, 4, 6, 3], v1=True),
    residual("resnet-18-cifar", [2, 2, 2, 2], basic=True, cifar=True),
    still(
        "wide-resnet-50", "wide-resnet", lambda: ResNet(Bottleneck, [3, 4, 6, 3], width=4, widen=2)
    ),
    still(
        "resnext-50", "resnext",
        lambda: ResNet(Bottleneck, [3, 4, 6, 3], width=8, widen=2, groups=8),
    ),
    still("preact-resnet-18", "preact-resnet", lambda: PreActResNet([2, 2, 2, 2], False)),
    still("preact-resnet-50", "preact-resnet", lambda: PreActResNet([3, 4, 6, 3], True)),
]  # fmt: skip

CNNS = [
    *[vgg(depth, norm) for depth in (16, 11, 13, 19) for norm in (False, True)],
    still("googlenet", "inception", inception.GoogLeNet),
    still("googlenet-5x5", "inception", lambda: inception.GoogLeNet(five=5), variant="googlenet"),
    still("inception-v3", "inception", inception.InceptionV3, 299),
    still("densenet-121", "densenet", lambda: classic.DenseNet((6, 12, 24, 16))),
    still("densenet-169", "densenet", lambda: classic.DenseNet((6, 12, 32, 32))),
    still("mobilenetv1", "mobilenetv1", mobile.mobilenet_v1),
    still("mobilenetv2", "mobilenetv2", mobile.mobilenet_v2),
    still("mobilenetv3-small", "mobilenetv3", mobile.mobilenet_v3_small),
    still("squeezenet-1.0", "squeezenet", lambda: classic.SqueezeNet("1.0")),
    still("squeezenet-1.1", "squeezenet", lambda: classic.SqueezeNet("1.1")),
    still("shufflenetv2", "shufflenetv2", mobile.ShuffleNetV2),
    still("efficientnet-b0", "efficientnet", mobile.efficientnet_b0),
    still("convnext-tiny", "convnext", mobile.ConvNext),
    still("alexnet", "alexnet", classic.AlexNet),
    still("lenet-5", "lenet", classic.LeNet5, 28, channels=1),
    still("lenet-5-tanh", "lenet", lambda: classic.LeNet5(True), 28, channels=1,
          variant="lenet-5"),
    still("unet", "unet", mixed.UNet, 128, task="segmentation"),
    still("unet-bilinear", "unet", lambda: mixed.UNet(bilinear=True), 128, task="segmentation"),
]  # fmt: skip

OTHERS = [
    still("vit-timm", "vit", mixed.ViT, variant="vit"),
    still("vit-timm-eager", "vit", lambda: mixed.ViT(sdpa=False), variant="vit"),
    still("vit-timm-12", "vit", lambda: mixed.ViT(depth=12), variant="vit"),
    reader("crnn-vgg-bilstm", mixed.CRNN, "vgg+bilstm"),
    reader("crnn-resnet-bilstm", mixed.ResNetCRNN, "resnet+bilstm"),
    reader("crnn-vgg-bigru", lambda: mixed.CRNN(gru=True), "vgg+bigru"),
    *[Spec(f"cnn-{i}", "cnn", "cnn", seeded_cnn) for i in range(1, 7)],
    *[Spec(f"mlp-{i}", "mlp", "mlp", seeded_mlp, modality="tabular") for i in range(1, 7)],
]

VISION: list[Spec] = [*RESNETS, *CNNS, *OTHERS]
