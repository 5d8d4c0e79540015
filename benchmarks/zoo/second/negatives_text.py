# ruff: noqa: D102 - forward() is described by its class
"""Hard negatives from the sequence twins: one defining structure of each is broken."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.zoo.second import audio_speech as speech
from benchmarks.zoo.second import audio_tts as tts
from benchmarks.zoo.second import others_rnn as rnn
from benchmarks.zoo.second import text_bert as bert
from benchmarks.zoo.second import text_encoders as enc
from benchmarks.zoo.second import text_gpt as gpt
from benchmarks.zoo.second import text_lit as lit
from benchmarks.zoo.second import text_seq2seq as s2s
from benchmarks.zoo.second import text_state as state
from benchmarks.zoo.second.text_common import VOCAB, Inputs, Maker, Plus, ids, tensors, twin
from benchmarks.zoo.spec import Spec


class Exp(nn.Module):
    """Exponentials that nothing normalises."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.exp(x.clamp(max=4.0))


class Only(nn.Module):
    """What is left of a residual addition: one of its two sides."""

    def __init__(self, index: int) -> None:
        super().__init__()
        self.index = index

    def forward(self, *sides: Tensor) -> Tensor:
        return sides[self.index]


class Times(nn.Module):
    """A product where the family adds."""

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        return left * right


class MeanOfMemory(nn.Module):
    """No cross-attention: every position gets one projection of the encoder's mean."""

    def __init__(self, dim: int, axis: int) -> None:
        super().__init__()
        self.axis, self.out = axis, nn.Linear(dim, dim)

    def forward(self, x: Tensor, memory: Tensor, *rest: Tensor | None) -> Tensor:
        return self.out(memory.mean(self.axis, keepdim=True))


def swap(model: nn.Module, kind: type[nn.Module], *new: nn.Module) -> nn.Module:
    """Replace every submodule of exactly this kind, by these in turn; there must be some."""
    count = 0
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is kind:
                setattr(parent, name, new[count % len(new)])
                count += 1
    if not count:
        raise ValueError(f"nothing to replace in {type(model).__name__}")
    return model


def uncross(model: nn.Module, name: str, dim: int, axis: int) -> nn.Module:
    """Replace the submodules of this name."""
    for parent in model.modules():
        if isinstance(getattr(parent, name, None), nn.Module):
            setattr(parent, name, MeanOfMemory(dim, axis))
    return model


class MixedBlock(nn.Module):
    """Attention pre-normed and feed-forward post-normed, or the other way round."""

    def __init__(self, dim: int, heads: int, first_pre: bool, causal: bool, gated: bool) -> None:
        super().__init__()
        self.heads, self.first_pre, self.causal = heads, first_pre, causal
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        norm = (lambda: state.RMSNorm(dim)) if gated else (lambda: nn.LayerNorm(dim))
        self.norm1, self.norm2 = norm(), norm()
        self.up, self.down = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)
        self.gate = nn.Linear(dim, 4 * dim) if gated else None
        self.act: nn.Module = nn.SiLU() if gated else nn.GELU()

    def attend(self, x: Tensor) -> Tensor:
        b, t, d = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        scores = q @ k.transpose(-1, -2) * (d // self.heads) ** -0.5
        if self.causal:
            hide = torch.ones(t, t, dtype=torch.bool).triu(1)
            scores = scores.masked_fill(hide, -1e9)
        return self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(b, t, d))

    def feed(self, x: Tensor) -> Tensor:
        y = self.act(self.up(x))
        return self.down(y if self.gate is None else y * self.gate(x))

    def forward(self, x: Tensor) -> Tensor:
        if self.first_pre:
            x = x + self.attend(self.norm1(x))
            return self.norm2(x + self.feed(x))
        x = self.norm1(x + self.attend(x))
        return x + self.feed(self.norm2(x))


class MixedNet(nn.Module):
    """A language model of mixed blocks."""

    def __init__(self, first_pre: bool, causal: bool, gated: bool = False, dim: int = 32) -> None:
        super().__init__()
        self.embed, self.places = nn.Embedding(VOCAB, dim), nn.Embedding(32, dim)
        blocks = [MixedBlock(dim, 4, first_pre, causal, gated) for _ in range(3)]
        self.blocks, self.out = nn.Sequential(*blocks), nn.Linear(dim, VOCAB)

    def forward(self, tokens: Tensor) -> Tensor:
        places = self.places(torch.arange(tokens.shape[1]))
        return self.out(self.blocks(self.embed(tokens) + places))


TRIO = ids(8, "mask", "types")
PAIR, MASKED, PLAIN = ids(8, "mask", "target"), ids(8, "mask"), ids(8)
C = bert.Config
BASES: dict[str, tuple[Maker, Inputs, int]] = {  # family: twin, inputs, the skip's side
    "bert": (lambda: bert.GoogleBert(C(3, 32, 4)), TRIO, 1),
    "electra": (lambda: bert.GoogleBert(C(3, 32, 4, embed=16), "discriminator", 1), TRIO, 1),
    "roberta": (lambda: bert.FairseqRoberta(2, 32, 4), PLAIN, 0),
    "albert": (lambda: enc.Albert(4, 16, 32, 4), TRIO, 0),
    "mpnet": (lambda: enc.Mpnet(2, 32, 4), PLAIN, 0),
    "deberta": (lambda: enc.DebertaV2(2, 32, 4), MASKED, 1),
    "modernbert": (lambda: enc.FlexBert(4, 32, 4), MASKED, 0),
    "gpt2": (lambda: gpt.NanoGpt(3, 32, 4, flash=False), PLAIN, 0),
    "gpt-j": (lambda: gpt.GptJ(2, 32, 4, 4), PLAIN, 0),
    "bloom": (lambda: gpt.Bloom(2, 32, 4), MASKED, 0),
    "opt": (lambda: gpt.Opt(2, 32, 4), MASKED, 0),
    "gpt-neox": (lambda: lit.LitGpt(lit.NEOX), PLAIN, 0),
    "phi": (lambda: lit.LitGpt(lit.PHI), PLAIN, 0),
    "falcon": (lambda: lit.LitGpt(lit.FALCON), PLAIN, 0),
    "llama": (lambda: lit.LitGpt(lit.LLAMA), PLAIN, 0),
    "qwen2": (lambda: lit.LitGpt(lit.QWEN2), PLAIN, 0),
    "qwen3": (lambda: lit.LitGpt(lit.QWEN3), PLAIN, 0),
    "gemma": (lambda: lit.LitGpt(lit.GEMMA), PLAIN, 0),
    "mistral": (lambda: state.ReferenceLlama(2, 32, 4, 2, 4), PLAIN, 0),
    "mixtral": (lambda: state.ReferenceLlama(2, 32, 4, 2, feed=state.LoopExperts), ids(5), 0),
    "bart": (lambda: s2s.FairseqTransformer(2, 32, 4), PAIR, 0),
    "marian": (lambda: s2s.FairseqTransformer(2, 32, 4, True), PAIR, 0),
    "t5": (lambda: s2s.T5(2, 32, 4), PAIR, 0),
    "transformer": (lambda: s2s.KerasBlock(32, 4, 2), PLAIN, 0),
    "whisper": (lambda: speech.WhisperEncoder(2, 32, 4, 16, False), speech.MEL, 0),
    "moonshine": (lambda: speech.Moonshine(2, 32, 4, False), tensors(wave=(1, 4000)), 0),
    "wav2vec2": (lambda: speech.Wav2Vec2(2, 32, 4, False), speech.WAVE, 0),
    "hubert": (lambda: speech.Wav2Vec2(2, 32, 4, True), speech.WAVE, 0),
    "conformer": (lambda: speech.Conformer(2, 32, 4, True), speech.FEATS, 0),
    "fastspeech2": (lambda: tts.FastSpeech2(2, 32), tts.timed, 1),
    "svtr": (lambda: rnn.Svtr(24, 2, False), tensors(image=(1, 3, 32, 64)), 0),
    "attention-seq2seq": (lambda: rnn.TutorialSeq2Seq(24, False), ids(8, "target"), 0),
    "mamba": (lambda: state.Mamba(2, 24), ids(5), 1),
    "rwkv": (lambda: state.Rwkv(2, 24), ids(5), 0),
}  # fmt: skip
SPEECH = {"whisper", "moonshine", "wav2vec2", "hubert", "conformer", "fastspeech2"}


def broken(how: str, family: str, maker: Maker, inputs: Inputs) -> Spec:
    """A negative named after the family it imitates and what is broken."""
    modality = "audio" if family in SPEECH else "image" if family == "svtr" else "text"
    name = f"not-{family}-{how}"
    return twin(name, "negative", maker, inputs, "broken twin", name, f"imitates:{family}",
                modality, "none")  # fmt: skip


def mixing(family: str, how: str) -> Spec:
    """Attention weights are no softmax: broken is the attention itself."""
    maker, inputs, _ = BASES[family]
    acts = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "exp": Exp, "tanh": nn.Tanh}
    return broken(
        f"{how}-attention", family, lambda: swap(maker(), nn.Softmax, acts[how]()), inputs
    )


def skipless(family: str, how: str) -> Spec:
    """Broken are the residual additions: only the branch stays, or both sides multiply."""
    maker, inputs, skip = BASES[family]
    new = Times() if how == "product" else Only(1 - skip)
    return broken(f"{how}-skips", family, lambda: swap(maker(), Plus, new), inputs)


def alone(name: str, family: str, dim: int, axis: int, attribute: str) -> Spec:
    """Broken is the decoder's cross-attention: it sees only the mean of the encoder."""
    if family == "whisper":
        whole: Maker = lambda: speech.Whisper(2, 32, 4, False)  # noqa: E731
        inputs = speech.both(mel=(1, 16, 40))
    else:
        whole, inputs, _ = BASES[family]
    return broken(name, family, lambda: uncross(whole(), attribute, dim, axis), inputs)


class CrosslessT5(s2s.T5):
    """T5 whose decoder attends to itself twice and gets the encoder's mean."""

    def __init__(self) -> None:
        super().__init__(2, 32, 4)
        for index in (1, 3):
            self.dec[index] = MeanOfMemory(32, 1)


RELU = ["bert", "albert", "mpnet", "gpt2", "bloom", "llama", "gemma", "gpt-neox", "mistral",
        "t5", "whisper", "wav2vec2", "conformer", "svtr", "marian"]  # fmt: skip
SIGMOID = ["roberta", "deberta", "opt", "qwen3", "falcon", "bart", "hubert", "fastspeech2",
           "attention-seq2seq", "transformer", "gpt2"]  # fmt: skip
EXP = ["electra", "modernbert", "gpt-j", "qwen2", "phi", "mixtral", "moonshine", "llama"]
BRANCH = ["bert", "roberta", "gpt2", "llama", "opt", "t5", "whisper", "conformer", "mamba", "rwkv",
          "bart"]  # fmt: skip
PRODUCT = [
    "albert",
    "mistral",
    "gemma",
    "phi",
    "modernbert",
    "wav2vec2",
    "falcon",
    "svtr",
    "gpt-neox",
]
SPECS = [
    *[mixing(family, "relu") for family in RELU],
    *[mixing(family, "sigmoid") for family in SIGMOID],
    *[mixing(family, "exp") for family in EXP],
    *[skipless(family, "no") for family in BRANCH],
    *[skipless(family, "product") for family in PRODUCT],
    alone("uncrossed", "bart", 32, 0, "cross"),
    alone("uncrossed", "marian", 32, 0, "cross"),
    alone("uncrossed", "whisper", 32, 1, "cross_attn"),
    broken("uncrossed", "t5", CrosslessT5, PAIR),
    # the norms are neither all before nor all after the sums
    broken("mixed-norms", "bert", lambda: MixedNet(True, False), PLAIN),
    broken("mixed-norms", "gpt2", lambda: MixedNet(False, True), PLAIN),
    broken("mixed-norms", "llama", lambda: MixedNet(False, True, True), PLAIN),
    broken("mixed-norms", "roberta", lambda: MixedNet(False, False), ids(10)),
    # no normalisation is left at all
    *[broken("normless", f, lambda f=f: swap(BASES[f][0](), nn.LayerNorm, nn.Identity()),  # type: ignore[misc]
             BASES[f][1]) for f in ("bert", "gpt2", "roberta", "opt", "whisper", "bloom")],
]  # fmt: skip
