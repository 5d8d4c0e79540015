# ruff: noqa: D101, D102 - the module's docstring tells what the networks are
"""Early classifiers with the structure of torchvision's: AlexNet to DenseNet, and LeNet."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.second._twin import cbr, twins
from benchmarks.zoo.spec import Spec

LABELS = 20


class LeNet(nn.Module):
    """The LeNet of framework tutorials: ReLU and max pooling."""

    def __init__(self, padding: int = 2) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=padding)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * (5 if padding else 4) ** 2, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), (2, 2))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return F.log_softmax(self.fc3(x), dim=1)


class LeNetSigmoid(nn.Sequential):
    """The original with sigmoids and average pooling, as in textbooks."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(1, 6, kernel_size=5, padding=2), nn.Sigmoid(),
            nn.AvgPool2d(kernel_size=2, stride=2),
            nn.Conv2d(6, 16, kernel_size=5), nn.Sigmoid(),
            nn.AvgPool2d(kernel_size=2, stride=2), nn.Flatten(),
            nn.Linear(16 * 5 * 5, 120), nn.Sigmoid(),
            nn.Linear(120, 84), nn.Sigmoid(), nn.Linear(84, 10),
        )  # fmt: skip


class AlexNet(nn.Module):
    def __init__(self, scale: int = 8) -> None:
        super().__init__()
        c = [64 // scale, 192 // scale, 384 // scale, 256 // scale, 256 // scale]
        self.features = nn.Sequential(
            nn.Conv2d(3, c[0], 11, stride=4, padding=2), nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(c[0], c[1], 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2),
            nn.Conv2d(c[1], c[2], 3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(c[2], c[3], 3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(c[3], c[4], 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2),
        )  # fmt: skip
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(c[4] * 36, 96), nn.ReLU(inplace=True),
            nn.Dropout(), nn.Linear(96, 96), nn.ReLU(inplace=True), nn.Linear(96, LABELS),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class CaffeAlexNet(nn.Module):
    """The Caffe reference: local response normalisation and grouped convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 12, 11, 4), nn.ReLU(), nn.LocalResponseNorm(5), nn.MaxPool2d(3, 2),
            nn.Conv2d(12, 32, 5, padding=2, groups=2), nn.ReLU(), nn.LocalResponseNorm(5),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(32, 48, 3, padding=1), nn.ReLU(),
            nn.Conv2d(48, 48, 3, padding=1, groups=2), nn.ReLU(),
            nn.Conv2d(48, 32, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        )  # fmt: skip
        self.classifier = nn.Sequential(
            nn.Linear(32 * 36, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(),
            nn.Linear(96, LABELS), nn.Softmax(dim=1),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).view(-1, 32 * 36))


VGG_LAYERS = {
    11: "64 M 128 M 256 256 M 512 512 M 512 512 M",
    13: "64 64 M 128 128 M 256 256 M 512 512 M 512 512 M",
    16: "64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512 M",
    19: "64 64 M 128 128 M 256 256 256 256 M 512 512 512 512 M 512 512 512 512 M",
}


def vgg_features(depth: int, norm: bool, scale: int = 16, channels: int = 3) -> nn.Sequential:
    """The convolutions of VGG."""
    layers: list[nn.Module] = []
    for item in VGG_LAYERS[depth].split():
        if item == "M":
            layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
            continue
        width = int(item) // scale
        layers.append(nn.Conv2d(channels, width, kernel_size=3, padding=1))
        layers += [nn.BatchNorm2d(width)] if norm else []
        layers.append(nn.ReLU(inplace=True))
        channels = width
    return nn.Sequential(*layers)


class VGG(nn.Module):
    def __init__(self, depth: int, norm: bool = False, side: int = 7) -> None:
        super().__init__()
        self.features = vgg_features(depth, norm)
        self.avgpool = nn.AdaptiveAvgPool2d((side, side))
        self.classifier = nn.Sequential(
            nn.Linear(32 * side * side, 64), nn.ReLU(True), nn.Dropout(),
            nn.Linear(64, 64), nn.ReLU(True), nn.Dropout(), nn.Linear(64, LABELS),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class CifarVGG(nn.Module):
    """The VGG of CIFAR repositories: BatchNorm, one linear layer."""

    def __init__(self, depth: int) -> None:
        super().__init__()
        self.features = nn.Sequential(*vgg_features(depth, True), nn.AvgPool2d(1, 1))
        self.classifier = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        out = self.features(x)
        return self.classifier(out.view(out.size(0), -1))


class Inception(nn.Module):
    def __init__(self, fan_in: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        one, three_in, three, five_in, five, pool = widths
        self.branch1 = cbr(fan_in, one, 1)
        self.branch2 = nn.Sequential(cbr(fan_in, three_in, 1), cbr(three_in, three, 3))
        self.branch3 = nn.Sequential(cbr(fan_in, five_in, 1), cbr(five_in, five, 3))
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1, ceil_mode=True), cbr(fan_in, pool, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        parts = [self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)]
        return torch.cat(parts, 1)


INCEPTIONS = [
    (64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64),
    (192, 96, 208, 16, 48, 64), (160, 112, 224, 24, 64, 64), (128, 128, 256, 24, 64, 64),
    (112, 144, 288, 32, 64, 64), (256, 160, 320, 32, 128, 128),
    (256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128),
]  # fmt: skip


class GoogLeNet(nn.Module):
    """With torchvision's 3x3 in place of the 5x5 and BatchNorm everywhere."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [
            cbr(3, 8, 7, 2),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            cbr(8, 8, 1),
            cbr(8, 24, 3),
            nn.MaxPool2d(3, 2, ceil_mode=True),
        ]
        width = 24
        for index, spec in enumerate(INCEPTIONS):
            scaled = tuple(each // 8 for each in spec)
            layers.append(Inception(width, scaled))
            width = scaled[0] + scaled[2] + scaled[4] + scaled[5]
            if index == 1:
                layers.append(nn.MaxPool2d(3, stride=2, ceil_mode=True))
            if index == 6:
                layers.append(nn.MaxPool2d(2, stride=2, ceil_mode=True))
        self.layers = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(width, LABELS)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.unsqueeze(x[:, 0], 1) * 0.458 - 0.03
        x = torch.cat([x, x * 0.978 - 0.088, x - 0.188], 1)
        x = torch.flatten(self.avgpool(self.layers(x)), 1)
        return self.fc(self.dropout(x))


class Fire(nn.Module):
    def __init__(self, fan_in: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(fan_in, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.expand1x1(x)), F.relu(self.expand3x3(x))], 1)


class SqueezeNet(nn.Module):
    def __init__(self, new: bool) -> None:
        super().__init__()
        stem = nn.Conv2d(3, 16, 3, stride=2) if new else nn.Conv2d(3, 24, 7, stride=2)
        pools = (0, 2, 4) if new else (0, 3, 7)
        widths = [(4, 16), (4, 16), (8, 32), (8, 32), (12, 48), (12, 48), (16, 64), (16, 64)]
        layers: list[nn.Module] = [stem, nn.ReLU(inplace=True)]
        width = stem.out_channels
        for index, (squeeze, expand) in enumerate(widths):
            if index in pools:
                layers.append(nn.MaxPool2d(3, stride=2, ceil_mode=True))
            layers.append(Fire(width, squeeze, expand))
            width = 2 * expand
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Conv2d(width, LABELS, 1), nn.ReLU(inplace=True),
            nn.AdaptiveAvgPool2d((1, 1)),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return torch.flatten(self.classifier(self.features(x)), 1)


class DenseLayer(nn.Module):
    def __init__(self, fan_in: int, growth: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.BatchNorm2d(fan_in), nn.BatchNorm2d(4 * growth)
        self.conv1 = nn.Conv2d(fan_in, 4 * growth, 1, bias=False)
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def forward(self, features: list[Tensor]) -> Tensor:
        x = self.conv1(F.relu(self.norm1(torch.cat(features, 1))))
        return self.conv2(F.relu(self.norm2(x)))


class DenseBlock(nn.ModuleList):
    def forward(self, x: Tensor) -> Tensor:
        features = [x]
        for layer in self:
            features.append(layer(features))
        return torch.cat(features, 1)


class DenseNet(nn.Module):
    def __init__(self, depths: tuple[int, ...], growth: int = 4) -> None:
        super().__init__()
        width = 2 * growth
        layers: list[nn.Module] = [cbr(3, width, 7, 2), nn.MaxPool2d(3, 2, 1)]
        for index, depth in enumerate(depths):
            layers.append(DenseBlock(DenseLayer(width + i * growth, growth) for i in range(depth)))
            width += depth * growth
            layers.append(nn.BatchNorm2d(width))
            if index < len(depths) - 1:
                layers += [nn.ReLU(inplace=True), nn.Conv2d(width, width // 2, 1, bias=False)]
                layers.append(nn.AvgPool2d(2, 2))
                width //= 2
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(width, LABELS)

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.features(x), inplace=True)
        return self.classifier(torch.flatten(F.adaptive_avg_pool2d(out, (1, 1)), 1))


TWIN = twins("torchvision-style")
SPECS: list[Spec] = [
    TWIN("lenet", "lenet", LeNet, 28, 1, variant="lenet-5"),
    TWIN("lenet-32", "lenet", lambda: LeNet(0), 28, 1, variant="lenet-5"),
    TWIN("lenet-sigmoid", "lenet", LeNetSigmoid, 28, 1, variant="lenet-5"),
    TWIN("alexnet", "alexnet", AlexNet, 224),
    TWIN("alexnet-lrn", "alexnet", CaffeAlexNet, 227, variant="alexnet-grouped"),
    TWIN("vgg-11", "vgg", lambda: VGG(11), 224),
    TWIN("vgg-16", "vgg", lambda: VGG(16), 224),
    TWIN("vgg-16-bn", "vgg", lambda: VGG(16, True), 224, variant="vgg-16"),
    TWIN("vgg-19-bn", "vgg", lambda: VGG(19, True, 1), 160, variant="vgg-19"),
    TWIN("vgg-13-cifar", "vgg", lambda: CifarVGG(13), 32, variant="vgg-13"),
    TWIN("googlenet", "inception", GoogLeNet, 224),
    TWIN("squeezenet-1.0", "squeezenet", lambda: SqueezeNet(False), 224),
    TWIN("squeezenet-1.1", "squeezenet", lambda: SqueezeNet(True), 224),
    TWIN("densenet-121", "densenet", lambda: DenseNet((6, 12, 24, 16)), 64),
    TWIN("densenet-169", "densenet", lambda: DenseNet((6, 12, 32, 32), 3), 64),
]
