"""Temporal Fusion Transformer: selected variables, LSTMs begun by statics, one shared value."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.zoo.spec import Built

HIDDEN, HEADS, PAST, STEPS, QUANTILES = 32, 2, 24, 32, 3
HEAD, KNOWN, OBSERVED = HIDDEN // HEADS, 3, 2


class GLU(nn.Module):
    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.lin = nn.Linear(cin, cout * 2)

    def forward(self, x: Tensor) -> Tensor:
        return F.glu(self.lin(x))


class GRN(nn.Module):
    def __init__(self, cin: int, cout: int = 0, context: bool = False) -> None:
        super().__init__()
        self.layer_norm = nn.LayerNorm(cout or HIDDEN, eps=1e-3)
        self.lin_a, self.lin_i = nn.Linear(cin, HIDDEN), nn.Linear(HIDDEN, HIDDEN)
        self.lin_c = nn.Linear(HIDDEN, HIDDEN, bias=False) if context else None
        self.glu, self.dropout = GLU(HIDDEN, cout or HIDDEN), nn.Dropout(0.1)
        self.out_proj = nn.Linear(cin, cout) if cout else None

    def forward(self, a: Tensor, c: Tensor | None = None) -> Tensor:
        x = self.lin_a(a)
        if self.lin_c is not None and c is not None:
            x = x + self.lin_c(c).unsqueeze(1)
        x = self.glu(self.dropout(self.lin_i(F.elu(x))))
        return self.layer_norm(x + (a if self.out_proj is None else self.out_proj(a)))


class Continuous(nn.Module):
    def __init__(self, count: int) -> None:
        super().__init__()
        self.vectors = nn.Parameter(torch.randn(count, HIDDEN) * 0.3)
        self.bias = nn.Parameter(torch.zeros(count, HIDDEN))

    def forward(self, x: Tensor) -> Tensor:
        return torch.mul(x.unsqueeze(-1), self.vectors) + self.bias


class VariableSelection(nn.Module):
    def __init__(self, count: int, context: bool) -> None:
        super().__init__()
        self.joint_grn = GRN(HIDDEN * count, count, context)
        self.var_grns = nn.ModuleList(GRN(HIDDEN) for _ in range(count))

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        flat = x.reshape(*x.shape[:-2], -1)
        weights = F.softmax(self.joint_grn(flat, context), dim=-1)
        found = [grn(x[..., i, :]) for i, grn in enumerate(self.var_grns)]
        return torch.matmul(torch.stack(found, dim=-1), weights.unsqueeze(-1)).squeeze(-1)


class InterpretableAttention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(HIDDEN, (2 * HEADS + 1) * HEAD, bias=False)
        self.out_proj = nn.Linear(HEAD, HIDDEN, bias=False)
        mask = torch.triu(torch.full((STEPS, STEPS), float("-inf")), 1).unsqueeze(0)
        self.register_buffer("mask", mask)

    def forward(self, x: Tensor) -> Tensor:
        batch, steps, _ = x.shape
        query, key, value = self.qkv(x).split((HEADS * HEAD, HEADS * HEAD, HEAD), dim=-1)
        query = query.view(batch, steps, HEADS, HEAD).permute(0, 2, 1, 3)
        key = key.view(batch, steps, HEADS, HEAD).permute(0, 2, 3, 1)
        scores = torch.matmul(query, key) * HEAD**-0.5 + self.mask
        mixed = torch.matmul(F.softmax(scores, dim=3), value.unsqueeze(1))
        return self.out_proj(torch.mean(mixed, dim=1))


class TemporalFusion(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.categories = nn.ModuleList([nn.Embedding(40, HIDDEN), nn.Embedding(32, HIDDEN)])
        self.known, self.observed = Continuous(KNOWN), Continuous(OBSERVED)
        self.target = Continuous(1)
        self.static_vsn = VariableSelection(2, context=False)
        self.context_grns = nn.ModuleList(GRN(HIDDEN) for _ in range(4))
        self.history_vsn = VariableSelection(KNOWN + OBSERVED + 1, context=True)
        self.history_encoder = nn.LSTM(HIDDEN, HIDDEN, batch_first=True)
        self.future_vsn = VariableSelection(KNOWN, context=True)
        self.future_encoder = nn.LSTM(HIDDEN, HIDDEN, batch_first=True)
        self.input_gate, self.input_ln = GLU(HIDDEN, HIDDEN), nn.LayerNorm(HIDDEN, eps=1e-3)
        self.enrichment_grn, self.attention = GRN(HIDDEN, context=True), InterpretableAttention()
        self.attention_gate = GLU(HIDDEN, HIDDEN)
        self.attention_ln = nn.LayerNorm(HIDDEN, eps=1e-3)
        self.positionwise_grn, self.decoder_gate = GRN(HIDDEN), GLU(HIDDEN, HIDDEN)
        self.decoder_ln = nn.LayerNorm(HIDDEN, eps=1e-3)
        self.quantile_proj = nn.Linear(HIDDEN, QUANTILES)

    def forward(self, static: Tensor, known: Tensor, observed: Tensor, target: Tensor) -> Tensor:
        rows = [table(static[:, i]) for i, table in enumerate(self.categories)]
        statics = self.static_vsn(torch.stack(rows, dim=-2))
        selection, enrichment, hidden, cell = (grn(statics) for grn in self.context_grns)
        known = self.known(known)
        past = [known[:, :PAST], self.observed(observed), self.target(target)]
        past_features = self.history_vsn(torch.cat(past, dim=-2), selection)
        start = (hidden.unsqueeze(0), cell.unsqueeze(0))
        history, state = self.history_encoder(past_features, start)
        future_features = self.future_vsn(known[:, PAST:], selection)
        future, _ = self.future_encoder(future_features, state)
        features = torch.cat([past_features, future_features], dim=1)
        temporal = self.input_gate(torch.cat([history, future], dim=1))
        temporal = self.input_ln(temporal + features)
        enriched = self.enrichment_grn(temporal, enrichment)
        x = self.attention(enriched)[:, PAST:]
        x = self.attention_ln(self.attention_gate(x) + enriched[:, PAST:])
        x = self.decoder_gate(self.positionwise_grn(x))
        return self.quantile_proj(self.decoder_ln(x + temporal[:, PAST:]))


def build(seed: int) -> Built:
    """The network and its inputs: ids of the series, known and observed variables, the target."""
    inputs = {
        "static": torch.randint(0, 32, (1, 2)),
        "known": torch.randn(1, STEPS, KNOWN),
        "observed": torch.randn(1, PAST, OBSERVED),
        "target": torch.randn(1, PAST, 1),
    }
    return Built(TemporalFusion(), inputs)
