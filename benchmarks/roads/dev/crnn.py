"""CRNN for text lines: convolutions down to one row, then two bidirectional LSTMs."""

from __future__ import annotations

from torch import Tensor, nn

from benchmarks.zoo.spec import Built, image


class BiLSTM(nn.Module):
    def __init__(self, cin: int, hidden: int, cout: int) -> None:
        super().__init__()
        self.rnn = nn.LSTM(cin, hidden, bidirectional=True)
        self.project = nn.Linear(2 * hidden, cout)

    def forward(self, x: Tensor) -> Tensor:
        steps, batch, _ = x.size()
        y, _ = self.rnn(x)
        return self.project(y.view(steps * batch, -1)).view(steps, batch, -1)


class CRNN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        cin = 1
        for index, cout in enumerate((8, 8, 16, 16)):
            layers.append(nn.Conv2d(cin, cout, 3, 1, 1))
            if index >= 2:
                layers.append(nn.BatchNorm2d(cout))
            layers.append(nn.ReLU(inplace=True))
            layers.append(nn.MaxPool2d(2, 2) if index < 2 else nn.MaxPool2d((2, 1), (2, 1)))
            cin = cout
        layers += [nn.Conv2d(16, 16, 2), nn.BatchNorm2d(16), nn.ReLU(inplace=True)]
        self.cnn = nn.Sequential(*layers)
        self.rnn = nn.Sequential(BiLSTM(16, 12, 12), BiLSTM(12, 12, 20))

    def forward(self, x: Tensor) -> Tensor:
        return self.rnn(self.cnn(x).squeeze(2).permute(2, 0, 1))


def build(seed: int) -> Built:
    """The network and its input."""
    return image(CRNN(), (32, 48), channels=1)
