"""The detectors of `det_other` and `det_text` with their labels."""

from __future__ import annotations

from benchmarks.zoo.second._twin import twins
from benchmarks.zoo.second.det_other import (
    FCOS,
    MTCNN,
    SSD300,
    BlazeFace,
    CenterNet,
    RetinaNet,
    SSDLite,
)
from benchmarks.zoo.second.det_text import EAST, DBNet
from benchmarks.zoo.spec import Spec

R18, R50 = [2, 2, 2, 2], [3, 4, 6, 3]
TV, OWN, MM = twins("torchvision-style"), twins("repository-style"), twins("mmdet-style")
BOX, FACE, TEXT = "detection", "face-detection", "text-detection"
SPECS: list[Spec] = [
    OWN("ssd300", "ssd", SSD300, 300, task=BOX, components="vgg"),
    OWN("ssd300-logits", "ssd", lambda: SSD300(False), 300, variant="ssd300", task=BOX,
        components="vgg"),
    TV("ssdlite", "ssd", lambda: SSDLite(0.25), 320, variant="ssdlite", task=BOX,
       components="mobilenetv2"),
    TV("ssdlite-0.5", "ssd", lambda: SSDLite(0.5), 320, variant="ssdlite", task=BOX,
       components="mobilenetv2"),
    TV("retinanet-r50", "retinanet", lambda: RetinaNet(False, R50), task=BOX,
       components="resnet+fpn"),
    TV("retinanet-r18", "retinanet", lambda: RetinaNet(True, R18), 160, task=BOX,
       components="resnet+fpn"),
    MM("fcos-r50", "fcos", FCOS, task=BOX, components="resnet+fpn"),
    OWN("centernet-r18", "centernet", lambda: CenterNet(R18), task=BOX, components="resnet"),
    OWN("centernet-r34", "centernet", lambda: CenterNet(R50, False), task=BOX,
        components="resnet"),
    OWN("blazeface", "blazeface", BlazeFace, task=FACE, variant="blazeface-front"),
    OWN("blazeface-back", "blazeface", lambda: BlazeFace(True), 256, task=FACE),
    OWN("mtcnn-pnet", "mtcnn", lambda: MTCNN("p"), 48, task=FACE, variant="pnet"),
    OWN("mtcnn-rnet", "mtcnn", lambda: MTCNN("r"), 24, task=FACE, variant="rnet"),
    OWN("mtcnn-onet", "mtcnn", lambda: MTCNN("o"), 48, task=FACE, variant="onet"),
    OWN("east-vgg", "east", EAST, task=TEXT, components="vgg"),
    OWN("east-resnet", "east", lambda: EAST(True), task=TEXT, components="resnet"),
    OWN("dbnet-r18", "dbnet", lambda: DBNet(True, R18), task=TEXT, components="resnet+fpn"),
    OWN("dbnet-r50", "dbnet", lambda: DBNet(False, R50, True), task=TEXT,
        components="resnet+fpn"),
]  # fmt: skip
