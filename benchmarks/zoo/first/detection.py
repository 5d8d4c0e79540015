"""YOLO detectors from version 2 to 11, and YOLOX."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from benchmarks.zoo.first.detection_yolo import (
    C3,
    PSA,
    SPP,
    Anchored,
    Bottleneck,
    C2f,
    Cat,
    Conv,
    Decoupled,
    Elan,
    Focus,
    Half,
    Inverted,
    Layer,
    Reorg,
    SlowDown,
    SppCsp,
    Transition,
    Up,
    XHead,
    c3k2,
    leaky,
    spec,
)

Stage = Callable[[int, int, int, bool], nn.Module]


def lk(a: int, b: int, k: int = 1, s: int = 1) -> Conv:
    """A leaky unit of Darknet."""
    return Conv(a, b, k, s, leaky)


def alternating(c: int, n: int, first: int = 0) -> list[Layer]:
    """1x1 and 3x3 in turn."""
    layers: list[Layer] = [(-1, lk(first or 2 * c, c))]
    for i in range(1, n):
        layers.append((-1, lk(c, 2 * c, 3) if i % 2 else lk(2 * c, c)))
    return layers


def v2(c: int = 4) -> list[Layer]:
    """Darknet-19, a passthrough of the finer features, one prediction."""
    pool = nn.MaxPool2d(2, 2)
    layers: list[Layer] = [(-1, lk(3, c, 3)), (-1, pool), (-1, lk(c, 2 * c, 3)), (-1, pool)]
    layers += [(-1, lk(2 * c, 4 * c, 3)), (-1, lk(4 * c, 2 * c)), (-1, lk(2 * c, 4 * c, 3)),
               (-1, pool)]  # fmt: skip
    layers += [(-1, lk(4 * c, 8 * c, 3)), (-1, lk(8 * c, 4 * c)), (-1, lk(4 * c, 8 * c, 3)),
               (-1, pool)]  # fmt: skip
    layers += [(-1, lk(8 * c, 16 * c, 3))]
    layers += alternating(8 * c, 4)  # the last is read by the passthrough
    layers += [(-1, pool), (-1, lk(16 * c, 32 * c, 3))]
    layers += alternating(16 * c, 4)
    layers += [(-1, lk(32 * c, 32 * c, 3)), (-1, lk(32 * c, 32 * c, 3))]
    layers += [(16, lk(16 * c, 2 * c)), (-1, Reorg()), ([-1, -3], Cat())]
    return [*layers, (-1, lk(40 * c, 32 * c, 3)), (-1, nn.Conv2d(32 * c, 50, 1))]


def v2_tiny(c: int = 4) -> list[Layer]:
    """Nine convolutions, six of them pooled."""
    layers: list[Layer] = [(-1, lk(3, c, 3)), (-1, nn.MaxPool2d(2, 2))]
    for i in range(5):
        last = nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.MaxPool2d(2, 1))
        layers += [(-1, lk(c << i, c << i + 1, 3)), (-1, last if i == 4 else nn.MaxPool2d(2, 2))]
    layers += [(-1, lk(c << 5, c << 6, 3)), (-1, lk(c << 6, c << 6, 3))]
    return [*layers, (-1, nn.Conv2d(c << 6, 50, 1))]


def darknet(c: int) -> tuple[list[Layer], list[int]]:
    """Darknet-53 without its head."""
    layers: list[Layer] = [(-1, lk(3, c, 3))]
    ends: list[int] = []
    for n in (1, 2, 8, 8, 4):
        layers.append((-1, lk(c, 2 * c, 3, 2)))
        c *= 2
        layers += [(-1, Bottleneck(c, (1, 3), True, leaky, 0.5)) for _ in range(n)]
        ends.append(len(layers) - 1)
    return layers, ends


def v3(c: int = 4, spp: bool = False, decode: bool = False) -> list[Layer]:
    """Darknet-53, three levels from the coarse to the fine."""
    layers, ends = darknet(c)
    outs, feats, cin = [], 0, c << 5
    for level in range(3):
        h = c << 4 - level
        if level:
            layers += [(feats, lk(2 * h, h)), (-1, Up()), ([-1, ends[4 - level]], Cat())]
            cin = 3 * h
        if spp and level == 0:
            layers += [*alternating(h, 2, cin), (-1, SPP(2 * h, h, False, leaky))]
        else:
            layers += alternating(h, 5, cin)
        feats = len(layers) - 1
        layers += [(-1, lk(h, 2 * h, 3))]
        outs.append(len(layers) - 1)
    return [*layers, (outs, Anchored([c << 5, c << 4, c << 3], decode=decode))]


def v3_tiny(c: int = 4) -> list[Layer]:
    """Pooled trunk, two levels."""
    layers: list[Layer] = [(-1, lk(3, c, 3)), (-1, nn.MaxPool2d(2, 2))]
    for i in range(5):
        last = nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.MaxPool2d(2, 1))
        layers += [(-1, lk(c << i, c << i + 1, 3)), (-1, last if i == 4 else nn.MaxPool2d(2, 2))]
    layers += [(-1, lk(c << 5, c << 6, 3)), (-1, lk(c << 6, c << 4)), (-1, lk(c << 4, c << 5, 3))]
    layers += [(-2, lk(c << 4, c << 3)), (-1, Up()), ([-1, 8], Cat()), (-1, lk(24 * c, 16 * c, 3))]
    return [*layers, ([-5, -1], Anchored([c << 5, c << 4]))]


def csp(a: int, b: int, n: int, base: int, first: bool = False) -> list[Layer]:
    """YOLOv4: a strided unit, two 1x1 branches, one with residual units."""
    h = b if first else b // 2
    mish = nn.Mish
    layers: list[Layer] = [(-1, Conv(a, b, 3, 2, mish)), (-1, Conv(b, h, 1, 1, mish)),
                           (-2, Conv(b, h, 1, 1, mish))]  # fmt: skip
    for _ in range(n):
        layers.append((-1, Bottleneck(h, (1, 3), True, mish, 0.5 if first else 1.0)))
    layers += [(-1, Conv(h, h, 1, 1, mish)), ([-1, base + 1], Cat()),
               (-1, Conv(2 * h, b, 1, 1, mish))]  # fmt: skip
    return layers


def v4(c: int = 4) -> list[Layer]:
    """CSPDarknet-53 with Mish, pyramid pooling, paths down and up."""
    layers: list[Layer] = [(-1, Conv(3, c, 3, 1, nn.Mish))]
    ends = []
    for i, n in enumerate((1, 2, 8, 8, 4)):
        layers += csp(c << i, c << i + 1, n, len(layers), i == 0)
        ends.append(len(layers) - 1)
    layers += [*alternating(16 * c, 2, 32 * c), (-1, SPP(32 * c, 16 * c, False, leaky))]
    layers += [(-1, lk(16 * c, 32 * c, 3)), (-1, lk(32 * c, 16 * c))]
    tops = [len(layers) - 1]
    for level in (1, 2):
        h = 16 * c >> level
        layers += [(tops[-1], lk(2 * h, h)), (-1, Up()), (ends[4 - level], lk(2 * h, h)),
                   ([-1, -2], Cat()), *alternating(h, 5)]  # fmt: skip
        tops.append(len(layers) - 1)
    outs, h = [tops[2]], 4 * c
    for level in (1, 0):
        layers += [(outs[-1], lk(h, 2 * h, 3, 2)), ([-1, tops[level]], Cat())]
        h *= 2
        layers += alternating(h, 5)
        outs.append(len(layers) - 1)
    heads = []
    for index, out in enumerate(outs):
        layers.append((out, lk(4 * c << index, 8 * c << index, 3)))
        heads.append(len(layers) - 1)
    return [*layers, (heads, Anchored([8 * c, 16 * c, 32 * c], decode=False))]


def v4_tiny(c: int = 4) -> list[Layer]:
    """Partial blocks of leaky units, two levels."""
    layers: list[Layer] = [(-1, lk(3, c, 3, 2)), (-1, lk(c, 2 * c, 3, 2))]
    for i in range(3):
        h = 2 * c << i
        layers += [(-1, lk(h, h, 3)), (-1, Half()), (-1, lk(h // 2, h // 2, 3)),
                   (-1, lk(h // 2, h // 2, 3)), ([-1, -2], Cat()), (-1, lk(h, h)),
                   ([-6, -1], Cat()), (-1, nn.MaxPool2d(2, 2))]  # fmt: skip
    fine = len(layers) - 3
    h = 16 * c
    layers += [(-1, lk(h, h, 3)), (-1, lk(h, h // 2))]
    top = len(layers) - 1
    layers += [(top, lk(h // 2, h, 3)), (top, lk(h // 2, h // 4)), (-1, Up()),
               ([-1, fine], Cat()), (-1, lk(h // 4 + h // 2, h // 2, 3))]  # fmt: skip
    return [*layers, ([-5, -1], Anchored([h, h // 2], decode=False))]


def pyramid(
    stage: Stage, c: int, n: int, head: Callable[[list[int]], nn.Module], serial: bool = True,
    stem: nn.Module | None = None, lateral: bool = True, after: list[Layer] | None = None,
    depths: tuple[int, ...] = (1, 2, 3, 1),
) -> list[Layer]:  # fmt: skip
    """Four stages, pyramid pooling, a path down and one up, a head on three levels."""
    layers: list[Layer] = [(-1, stem or Conv(3, c, 3, 2))]
    ends = []
    for i, depth in enumerate(depths):
        a, b = c << i, c << i + 1
        layers.append((-1, Conv(a, b, 3, 2)))
        if i == 3 and not serial:  # YOLOv5 before 6 and YOLOX pool before the last stage
            layers.append((-1, SPP(b, b, False)))
        layers.append((-1, stage(b, b, depth * n, serial or i < 3)))
        ends.append(len(layers) - 1)
    if serial:
        layers.append((-1, SPP(16 * c, 16 * c, True)))
    layers += after or []
    tops, width = [len(layers) - 1], 16 * c
    for level in (1, 2):
        h = 16 * c >> level
        if lateral:
            layers.append((-1, Conv(width, h)))
            tops[-1], width = len(layers) - 1, h
        layers += [(-1, Up()), ([-1, ends[3 - level]], Cat()), (-1, stage(width + h, h, n, False))]
        tops.append(len(layers) - 1)
        width = h
    outs, h = [tops[2]], 4 * c
    for level in (1, 0):
        side = h if lateral else 2 * h if level else 16 * c
        layers += [(outs[-1], Conv(h, h, 3, 2)), ([-1, tops[level]], Cat()),
                   (-1, stage(h + side, 2 * h, n, False))]  # fmt: skip
        outs.append(len(layers) - 1)
        h *= 2
    return [*layers, (outs, head([4 * c, 8 * c, 16 * c]))]


def v5(n: int = 1, decode: bool = True, old: bool = False) -> list[Layer]:
    """YOLOv5, since 6.0 or before it."""
    stem = Focus(8) if old else nn.Sequential(nn.Conv2d(3, 8, 6, 2, 2, bias=False),
                                              nn.BatchNorm2d(8), nn.SiLU())  # fmt: skip
    return pyramid(C3, 8, n, lambda c: Anchored(c, decode=decode), not old, stem)


def v8(n: int = 1, decode: bool = True) -> list[Layer]:
    """YOLOv8."""
    return pyramid(C2f, 8, n, lambda c: Decoupled(c, decode=decode), True, None, False, None,
                   (1, 2, 2, 1))  # fmt: skip


def v8_cls() -> list[Layer]:
    """The classifier: the trunk, a 1x1, pooling and a linear layer."""
    layers: list[Layer] = [(-1, Conv(3, 8, 3, 2))]
    for i, n in enumerate((1, 2, 2, 1)):
        layers += [(-1, Conv(8 << i, 16 << i, 3, 2)), (-1, C2f(16 << i, 16 << i, n, True))]
    layers += [(-1, Conv(128, 64)), (-1, nn.AdaptiveAvgPool2d(1)), (-1, nn.Flatten())]
    return [*layers, (-1, nn.Linear(64, 10)), (-1, nn.Softmax(1))]


def v11(deep: bool = False, decode: bool = True) -> list[Layer]:
    """YOLO11: C3k2 stages, attention behind the pooling, a light class branch."""
    count = [0]

    def stage(a: int, b: int, n: int, _: bool) -> nn.Module:
        count[0] += 1
        i = count[0]
        if i <= 2:
            return c3k2(a, b, 1, deep, 0.25)
        return c3k2(a, b, 1, deep or i in (3, 4, 8))

    return pyramid(stage, 8, 1, lambda c: Decoupled(c, light=True, decode=decode), True, None,
                   False, [(-1, PSA(128))], (1, 1, 1, 1))  # fmt: skip


def v10(c: int = 8) -> list[Layer]:
    """YOLOv10, of whose head the branch without suppression remains."""
    layers: list[Layer] = [
        (-1, Conv(3, c, 3, 2)), (-1, Conv(c, 2 * c, 3, 2)), (-1, C2f(2 * c, 2 * c, 1, True)),
        (-1, Conv(2 * c, 4 * c, 3, 2)), (-1, C2f(4 * c, 4 * c, 2, True)),
        (-1, SlowDown(4 * c, 8 * c)), (-1, C2f(8 * c, 8 * c, 2, True)),
        (-1, SlowDown(8 * c, 16 * c)), (-1, C2f(16 * c, 16 * c, 1, True, Inverted)),
        (-1, SPP(16 * c, 16 * c, True)), (-1, PSA(16 * c)),
        (-1, Up()), ([-1, 6], Cat()), (-1, C2f(24 * c, 8 * c, 1, False)),
        (-1, Up()), ([-1, 4], Cat()), (-1, C2f(12 * c, 4 * c, 1, False)),
        (-1, Conv(4 * c, 4 * c, 3, 2)), ([-1, 13], Cat()), (-1, C2f(12 * c, 8 * c, 1, False)),
        (-1, SlowDown(8 * c, 8 * c)), ([-1, 10], Cat()),
        (-1, C2f(24 * c, 16 * c, 1, True, Inverted)),
    ]  # fmt: skip
    return [*layers, ([16, 19, 22], Decoupled([4 * c, 8 * c, 16 * c], light=True))]


def x_() -> list[Layer]:
    """YOLOX."""
    return pyramid(C3, 8, 1, lambda c: XHead(c, 32), False, Focus(8), True, None, (1, 3, 3, 1))


def v7(c: int = 8) -> list[Layer]:
    """YOLOv7 with its ELAN stages."""
    taps, deep = (1, 3), (0, 1, 2, 3)
    layers: list[Layer] = [(-1, Conv(3, c, 3)), (-1, Conv(c, 2 * c, 3, 2)),
                           (-1, Conv(2 * c, 2 * c, 3)), (-1, Conv(2 * c, 4 * c, 3, 2))]  # fmt: skip
    ends, a = [], 4 * c
    for i, (h, b) in enumerate(((2, 8), (4, 16), (8, 32), (8, 32))):
        layers.append((-1, Elan(a, h * c, b * c, taps)))
        ends.append(len(layers) - 1)
        if i < 3:
            layers.append((-1, Transition(b * c, b * c // 2)))
        a = b * c
    layers.append((-1, SppCsp(32 * c, 16 * c)))
    tops, w = [len(layers) - 1], 16 * c
    for side, h in ((2, 8 * c), (1, 4 * c)):
        layers += [(-1, Conv(w, h)), (-1, Up()), (ends[side], Conv(16 * c * side, h)),
                   ([-1, -2], Cat()), (-1, Elan(2 * h, h // 2, h, deep))]  # fmt: skip
        tops.append(len(layers) - 1)
        w = h
    outs = [tops[2]]
    for top, h in ((tops[1], 4 * c), (tops[0], 8 * c)):
        layers += [(outs[-1], Transition(h, h)), ([-1, top], Cat()),
                   (-1, Elan(4 * h, h, 2 * h, deep))]  # fmt: skip
        outs.append(len(layers) - 1)
    heads = []
    for i, out in enumerate(outs):
        layers.append((out, Conv(4 * c << i, 8 * c << i, 3)))
        heads.append(len(layers) - 1)
    return [*layers, (heads, Anchored([8 * c, 16 * c, 32 * c]))]


def v7_tiny(c: int = 8) -> list[Layer]:
    """YOLOv7-tiny: leaky units, pooling between the stages."""
    taps = (0, 1)
    layers: list[Layer] = [(-1, lk(3, c, 3, 2)), (-1, lk(c, 2 * c, 3, 2))]
    ends, a = [], 2 * c
    for i in range(4):
        if i:
            layers.append((-1, nn.MaxPool2d(2, 2)))
        layers.append((-1, Elan(a, c << i, 2 * c << i, taps, leaky)))
        ends.append(len(layers) - 1)
        a = 2 * c << i
    layers.append((-1, SppCsp(16 * c, 8 * c, leaky, True)))
    tops, w = [len(layers) - 1], 8 * c
    for side, h in ((2, 4 * c), (1, 2 * c)):
        layers += [(-1, lk(w, h)), (-1, Up()), (ends[side], lk(2 * c << side, h)),
                   ([-1, -2], Cat()), (-1, Elan(2 * h, h // 2, h, taps, leaky))]  # fmt: skip
        tops.append(len(layers) - 1)
        w = h
    outs = [tops[2]]
    for top, h in ((tops[1], 2 * c), (tops[0], 4 * c)):
        layers += [(outs[-1], lk(h, 2 * h, 3, 2)), ([-1, top], Cat()),
                   (-1, Elan(4 * h, h, 2 * h, taps, leaky))]  # fmt: skip
        outs.append(len(layers) - 1)
    heads = []
    for i, out in enumerate(outs):
        layers.append((out, lk(2 * c << i, 4 * c << i, 3)))
        heads.append(len(layers) - 1)
    return [*layers, (heads, Anchored([4 * c, 8 * c, 16 * c]))]


SPECS = [
    spec("yolov2", "yolov2", v2),
    spec("yolov2-tiny", "yolov2", v2_tiny, "yolov2-tiny"),
    spec("yolov3", "yolov3", v3),
    spec("yolov3-spp", "yolov3", lambda: v3(spp=True, decode=True), "yolov3-spp"),
    spec("yolov3-tiny", "yolov3", v3_tiny, "yolov3-tiny"),
    spec("yolov4", "yolov4", v4),
    spec("yolov4-tiny", "yolov4", v4_tiny, "yolov4-tiny"),
    spec("yolov5n", "yolov5", v5),
    spec("yolov5m-raw", "yolov5", lambda: v5(2, False)),
    spec("yolov5-focus", "yolov5", lambda: v5(old=True)),
    spec("yolov7", "yolov7", v7),
    spec("yolov7-tiny", "yolov7", v7_tiny, "yolov7-tiny"),
    spec("yolov8n", "yolov8", v8),
    spec("yolov8m-raw", "yolov8", lambda: v8(2, False)),
    spec("yolov8-cls", "yolov8", v8_cls, size=64, task="classification"),
    spec("yolov10n", "yolov10", v10),
    spec("yolo11n", "yolo11", v11),
    spec("yolo11m-raw", "yolo11", lambda: v11(True, False)),
    spec("yolox", "yolox", x_),
]
