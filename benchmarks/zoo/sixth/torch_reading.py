"""Texts, faces and objects in images: `doctr`, `easyocr`, `facenet_pytorch` and `yolox`."""

from __future__ import annotations

from functools import partial
from typing import Any

from torch import Tensor, nn

from benchmarks.zoo.sixth.common import load, net
from benchmarks.zoo.spec import Spec

ABSENT = "torchvision rapidfuzz pyclipper shapely pypdfium2 langdetect"
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
LINE = (1, 3, 32, 128)
OCR = {"modality": "image", "task": "ocr"}


class Stages(nn.ModuleDict):
    """What these children give, by their new names: torchvision's getter in a few lines."""

    def __init__(self, network: nn.Module, names: dict[str, str]) -> None:
        children = dict(network.named_children())
        last = max(list(children).index(name) for name in names)
        super().__init__(dict(list(children.items())[: last + 1]))
        self.names = names

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """The kept outputs."""
        kept = {}
        for name, part in self.items():
            x = part(x)
            if name in self.names:
                kept[self.names[name]] = x
        return kept


def doc(path: str) -> Any:
    """A class or constructor of doctr."""
    return load(f"doctr.models.{path}", ABSENT)


def vit(dim: int = 48, depth: int = 12, **more: Any) -> nn.Module:
    """The ViT-S that doctr's readers use, narrower."""
    cls = doc("classification.vit.pytorch:VisionTransformer")
    body: nn.Module = cls(
        d_model=dim, num_layers=depth, num_heads=6, ffd_ratio=4, patch_size=(4, 8),
        input_shape=LINE[1:], **more,
    )  # fmt: skip
    return body


def textnet(share: int = 4, **more: Any) -> nn.Module:
    """TextNet-T with a part of its channels behind the stem."""
    widths = [64 // share, 128 // share, 256 // share, 512 // share]
    kernels = [
        [(3, 3)] * 3, [(3, 3), (1, 3), (3, 3), (3, 1)], [(3, 3), (3, 3), (3, 1), (1, 3)],
        [(3, 3), (3, 1), (1, 3), (3, 3)],
    ]  # fmt: skip
    stages, before = [], 64
    for width, sizes in zip(widths, kernels, strict=True):
        count = len(sizes)
        stages.append({
            "in_channels": [before] + [width] * (count - 1), "out_channels": [width] * count,
            "kernel_size": sizes, "stride": [1, 2, 1] if count == 3 else [2, 1, 1, 1],
        })  # fmt: skip
        before = width
    body: nn.Module = doc("classification.textnet.pytorch:TextNet")(stages, **more)
    return body


def vip(**more: Any) -> nn.Module:
    """VIP-T, the body of VIPTR, narrower."""
    body: nn.Module = doc("classification.vip.pytorch:VIPNet")(
        in_channels=3, out_dim=64, embed_dims=[32, 48, 64], depths=[3, 3, 3], num_heads=[2, 4, 8],
        mlp_ratios=[3, 4, 4], split_sizes=[1, 2, 4], sr_ratios=[4, 2, 2], input_shape=LINE[1:],
        **more,
    )  # fmt: skip
    return body


def reader(path: str, body: Any, layer: str, **options: Any) -> nn.Module:
    """A reader of doctr around this body, as it is exported."""
    inner = body(include_top=False)
    inner = Stages(inner, {layer: "features"}) if layer else inner
    network: nn.Module = doc(f"recognition.{path}")(
        inner, vocab=LETTERS, input_shape=LINE[1:], exportable=True, **options
    )
    return network


def fast() -> nn.Module:
    """The detector FAST on TextNet."""
    body = textnet(include_top=False)
    names = {name: str(i) for i, name in enumerate(list(dict(body.named_children()))[-4:])}
    network: nn.Module = doc("detection.fast.pytorch:FAST")(Stages(body, names), exportable=True)
    return network


def logits(network: Any, x: Tensor) -> Any:
    """What an exported network of doctr returns."""
    return network(x)["logits"]


DOC = partial(net, "doctr")
PARSEQ = {"path": "parseq.pytorch:PARSeq", "body": vit, "layer": "1", "embedding_units": 48,
          "max_length": 8, "dec_num_heads": 6, "dec_ff_dim": 48}  # fmt: skip
DOCTR = [
    DOC("vitstr", "vitstr", reader, LINE, {
        "path": "vitstr.pytorch:ViTSTR", "body": vit, "layer": "1", "embedding_units": 48},
        logits, **OCR),
    DOC("parseq", "parseq", reader, LINE, PARSEQ, logits, **OCR),
    DOC("viptr", "viptr", reader, LINE, {
        "path": "viptr.pytorch:VIPTR", "body": vip, "layer": "5"}, logits, **OCR),
    DOC("fast-tiny", "fast", fast, 128, None, logits, task="text-detection"),
    DOC("textnet", "textnet", textnet, (1, 3, 32, 32), {"num_classes": 20}),
    DOC("vip", "vip", vip, LINE, {"num_classes": 20}),
    DOC("vit-s", "vit", vit, LINE, {"num_classes": 20}),
]  # fmt: skip

EASY = partial(net, "easyocr", hollow="torchvision", stripped="easyocr")
EASYOCR = [
    # the second generation reads with a VGG, the first with a ResNet; both by LSTMs and CTC
    EASY("crnn-vgg", "crnn", "easyocr.model.vgg_model:Model", (1, 1, 64, 160), {
        "input_channel": 1, "output_channel": 96, "hidden_size": 64, "num_class": 97},
        lambda network, x: network(x, None), **OCR),
    EASY("crnn-resnet", "crnn", "easyocr.model.model:Model", (1, 1, 32, 128), {
        "input_channel": 1, "output_channel": 128, "hidden_size": 64, "num_class": 60},
        lambda network, x: network(x, None), **OCR),
]  # fmt: skip

FACE = partial(net, "facenet_pytorch", hollow="torchvision", stripped="facenet_pytorch")
MTCNN = "facenet_pytorch.models.mtcnn:"
WEIGHTS = {"pretrained": False}
FACES = [
    FACE("pnet", "mtcnn", MTCNN + "PNet", 48, WEIGHTS, task="face-detection"),
    FACE("rnet", "mtcnn", MTCNN + "RNet", 24, WEIGHTS, task="face-detection"),
    FACE("onet", "mtcnn", MTCNN + "ONet", 48, WEIGHTS, task="face-detection"),
]  # fmt: skip


def yolox(depth: float, width: float, depthwise: bool = False) -> nn.Module:
    """YOLOX of this size with ten classes; an export decodes nothing."""
    parts = {name: load(f"yolox.models:{name}", "torchvision thop") for name in (
        "YOLOX", "YOLOXHead", "YOLOPAFPN")}  # fmt: skip
    body = parts["YOLOPAFPN"](depth, width, depthwise=depthwise)
    head = parts["YOLOXHead"](10, width, depthwise=depthwise)
    head.decode_in_inference = False
    network: nn.Module = parts["YOLOX"](body, head)
    return network


YOLO = partial(net, "yolox", task="detection")
YOLOS = [
    YOLO("nano", "yolox", yolox, 96, {"depth": 0.33, "width": 0.25, "depthwise": True}),
    YOLO("tiny", "yolox", yolox, 96, {"depth": 0.33, "width": 0.25}),
    YOLO("m", "yolox", yolox, 96, {"depth": 0.67, "width": 0.25}),
]  # fmt: skip

SPECS: list[Spec] = [*DOCTR, *EASYOCR, *FACES, *YOLOS]
