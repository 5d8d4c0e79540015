# ruff: noqa: D102 - forward() is described by its class
"""Chain and branch CNNs: LeNet, AlexNet, VGG, SqueezeNet, GoogLeNet, Inception v3, DenseNet."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

VGG_PLANS: dict[int, list[int]] = {
    11: [1, 1, 2, 2, 2],
    13: [2, 2, 2, 2, 2],
    16: [2, 2, 3, 3, 3],
    19: [2, 2, 4, 4, 4],
}


class LeNet5(nn.Module):
    """LeNet-5 in its usual form (ReLU and max pooling, or tanh and average pooling)."""

    def __init__(self, tanh: bool = False) -> None:
        super().__init__()
        act: type[nn.Module] = nn.Tanh if tanh else nn.ReLU
        pool: type[nn.Module] = nn.AvgPool2d if tanh else nn.MaxPool2d
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), act(), pool(2, 2), nn.Conv2d(6, 16, 5), act(), pool(2, 2)
        )
        self.classifier = nn.Sequential(
            nn.Linear(400, 120), act(), nn.Linear(120, 84), act(), nn.Linear(84, 10)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(torch.flatten(self.features(x), 1))


class AlexNet(nn.Module):
    """The torchvision AlexNet (one tower, adaptive 6x6 pool)."""

    def __init__(self, scale: int = 8) -> None:
        super().__init__()
        a, b, c, d = (n // scale for n in (64, 192, 384, 256))
        hidden = 4096 // (scale * 2)
        self.features = nn.Sequential(
            nn.Conv2d(3, a, 11, 4, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2),
            nn.Conv2d(a, b, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2),
            nn.Conv2d(b, c, 3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(c, d, 3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(d, d, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2),
        )  # fmt: skip
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(d * 36, hidden), nn.ReLU(inplace=True),
            nn.Dropout(), nn.Linear(hidden, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, 10),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class VGG(nn.Module):
    """The torchvision VGG: five conv groups, each closed by a 2x2 max pool."""

    def __init__(self, depth: int, norm: bool, width: int = 4) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        cin = 3
        for index, count in enumerate(VGG_PLANS[depth]):
            cout = width * min(2**index, 8)
            for _ in range(count):
                layers.append(nn.Conv2d(cin, cout, 3, padding=1))
                if norm:
                    layers.append(nn.BatchNorm2d(cout))
                layers.append(nn.ReLU(inplace=True))
                cin = cout
            layers.append(nn.MaxPool2d(2, 2))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        hidden = width * 64
        self.classifier = nn.Sequential(
            nn.Linear(cin * 49, hidden), nn.ReLU(True), nn.Dropout(),
            nn.Linear(hidden, hidden), nn.ReLU(True), nn.Dropout(), nn.Linear(hidden, 10),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class Fire(nn.Module):
    """SqueezeNet fire module: squeeze 1x1, then expand 1x1 and 3x3 concatenated."""

    def __init__(self, cin: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(cin, squeeze, 1)
        self.expand1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.expand1(x)), F.relu(self.expand3(x))], 1)


class SqueezeNet(nn.Module):
    """SqueezeNet 1.0 or 1.1, with the fully convolutional classifier."""

    def __init__(self, version: str, scale: int = 4) -> None:
        super().__init__()
        plan: list[tuple[int, int] | None]
        fires = [(16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256)]
        last = (64, 256)
        if version == "1.0":
            stem, kernel = 96, 7
            plan = [None, *fires[:3], None, *fires[3:], None, last]
        else:
            stem, kernel = 64, 3
            plan = [None, *fires[:2], None, *fires[2:4], None, *fires[4:], last]
        cin = stem // scale
        layers: list[nn.Module] = [nn.Conv2d(3, cin, kernel, 2), nn.ReLU(inplace=True)]
        for step in plan:
            if step is None:
                layers.append(nn.MaxPool2d(3, 2, ceil_mode=True))
            else:
                layers.append(Fire(cin, step[0] // scale, step[1] // scale))
                cin = 2 * (step[1] // scale)
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Conv2d(cin, 10, 1), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1)
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.flatten(self.classifier(self.features(x)), 1)


class DenseLayer(nn.Module):
    """BN-ReLU-1x1-BN-ReLU-3x3; its output is appended to the running concatenation."""

    def __init__(self, cin: int, growth: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(cin)
        self.conv1 = nn.Conv2d(cin, 4 * growth, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(4 * growth)
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def forward(self, features: list[Tensor]) -> Tensor:
        x = self.conv1(F.relu(self.norm1(torch.cat(features, 1))))
        return self.conv2(F.relu(self.norm2(x)))


class DenseBlock(nn.Module):
    """Every layer reads the concatenation of all features before it."""

    def __init__(self, cin: int, depth: int, growth: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([DenseLayer(cin + i * growth, growth) for i in range(depth)])

    def forward(self, x: Tensor) -> Tensor:
        features = [x]
        for layer in self.layers:
            features.append(layer(features))
        return torch.cat(features, 1)


class DenseNet(nn.Module):
    """The torchvision DenseNet with 0.5 compression transitions."""

    def __init__(self, depths: tuple[int, ...], growth: int = 4) -> None:
        super().__init__()
        cin = 2 * growth
        layers: list[nn.Module] = [
            nn.Conv2d(3, cin, 7, 2, 3, bias=False), nn.BatchNorm2d(cin), nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2, 1),
        ]  # fmt: skip
        for index, depth in enumerate(depths):
            layers.append(DenseBlock(cin, depth, growth))
            cin += depth * growth
            if index < len(depths) - 1:
                layers += [nn.BatchNorm2d(cin), nn.ReLU(inplace=True)]
                layers += [nn.Conv2d(cin, cin // 2, 1, bias=False), nn.AvgPool2d(2, 2)]
                cin //= 2
        layers.append(nn.BatchNorm2d(cin))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(cin, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.features(x), inplace=True)
        return self.classifier(torch.flatten(F.adaptive_avg_pool2d(x, (1, 1)), 1))
