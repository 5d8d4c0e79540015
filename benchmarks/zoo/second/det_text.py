# ruff: noqa: D102 - the module's docstring tells what the networks are
"""Detectors of text: EAST and DBNet."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.second._twin import cbr
from benchmarks.zoo.second.det_other import Features
from benchmarks.zoo.second.tv_classic import vgg_features


class EAST(nn.Module):
    """EAST on VGG-16-BN or a ResNet: bilinear merging and rotated boxes."""

    def __init__(self, resnet: bool = False) -> None:
        super().__init__()
        if resnet:
            self.body = Features(False, [3, 4, 6, 3])
            widths = self.body.widths
        else:
            layers = list(vgg_features(16, True))
            cuts = [14, 24, 34, 44]
            starts = [0, *cuts[:-1]]
            self.body = nn.ModuleList(
                nn.Sequential(*layers[a:b]) for a, b in zip(starts, cuts, strict=True)
            )
            widths = [8, 16, 32, 32]
        self.merge = nn.ModuleList()
        fan_in = widths[3]
        for width, out in zip(widths[2::-1], (32, 16, 8), strict=True):
            self.merge.append(nn.Sequential(cbr(fan_in + width, out, 1), cbr(out, out)))
            fan_in = out
        self.last = cbr(8, 8)
        self.heads = nn.ModuleList(nn.Conv2d(8, k, 1) for k in (1, 4, 1))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        if isinstance(self.body, nn.ModuleList):
            features = []
            for part in self.body:
                x = part(x)
                features.append(x)
        else:
            features = self.body(x)
        y = features[3]
        for merge, skip in zip(self.merge, features[2::-1], strict=True):
            y = F.interpolate(y, scale_factor=2, mode="bilinear", align_corners=True)
            y = merge(torch.cat((y, skip), 1))
        y = self.last(y)
        score, loc, angle = (torch.sigmoid(head(y)) for head in self.heads)
        return score, torch.cat((loc * 512, (angle - 0.5) * math.pi), 1)


class DBNet(nn.Module):
    """DBNet: ResNet, a pyramid joined at a quarter of the size, shrink map and threshold map."""

    def __init__(self, basic: bool, depths: list[int], train: bool = False, out: int = 16) -> None:
        super().__init__()
        self.body, self.both = Features(basic, depths), train
        self.lateral = nn.ModuleList(nn.Conv2d(w, out, 1, bias=False) for w in self.body.widths)
        self.smooth = nn.ModuleList(
            nn.Conv2d(out, out // 4, 3, padding=1, bias=False) for _ in self.body.widths
        )
        self.binarize, self.thresh = self.head(out), self.head(out)

    @staticmethod
    def head(width: int) -> nn.Sequential:
        """Two transposed convolutions back to the size of the image."""
        q = width // 4
        return nn.Sequential(
            cbr(width, q), nn.ConvTranspose2d(q, q, 2, 2), nn.BatchNorm2d(q), nn.ReLU(),
            nn.ConvTranspose2d(q, 1, 2, 2), nn.Sigmoid(),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        xs = [a(f) for a, f in zip(self.lateral, self.body(x), strict=True)]
        for i in (2, 1, 0):
            xs[i] = F.interpolate(xs[i + 1], scale_factor=2, mode="nearest") + xs[i]
        ps = [a(f) for a, f in zip(self.smooth, xs, strict=True)]
        ps = [F.interpolate(p, scale_factor=2**i) if i else p for i, p in enumerate(ps)]
        fuse = torch.cat(ps[::-1], 1)
        shrink = self.binarize(fuse)
        if not self.both:
            return shrink
        thresh = self.thresh(fuse)
        binary = torch.reciprocal(1 + torch.exp(-50 * (shrink - thresh)))
        return torch.cat((shrink, thresh, binary), 1)
