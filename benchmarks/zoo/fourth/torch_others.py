"""Text, sound, tabular and graph networks of four packages, built by the packages' own classes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from importlib import import_module
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.zoo.fourth.torch_vision import Via, entry, load
from benchmarks.zoo.spec import Built, Spec
from benchmarks.zoo.third._common import VOCAB


def xf(name: str, family: str, inputs: Any, make: Any, **labels: str) -> Spec:
    """A network of `x_transformers`, called without its many options; `make` gets the package."""
    return entry("x_transformers", name, family, lambda: Via(
        make(import_module("x_transformers")), lambda net, *ids: net(*ids)), inputs, **labels,
    )  # fmt: skip


def xt(name: str, family: str, kind: str, wrap: Any = None, task: str = "features",
       **options: Any) -> Spec:  # fmt: skip
    """A `TransformerWrapper` around layers of this kind."""

    def make(x: Any) -> Any:
        layers = getattr(x, kind)(**LAYERS | {"verbose": False, **options})
        more = {"num_tokens": VOCAB, "max_seq_len": 24, **(wrap or {})}
        return x.TransformerWrapper(attn_layers=layers, **more)

    return xf(name, family, {"ids": (1, 16)}, make, modality="text", task=task)


LAYERS = {"dim": 48, "depth": 4, "heads": 4, "attn_dim_head": 12}
SIDES = {"num_tokens": VOCAB, "max_seq_len": 24, "depth": 3, "heads": 4, "attn_dim_head": 12}
LLAMA: Any = {"rotary_pos_emb": True, "rotary_emb_dim": 12, "ff_glu": True, "ff_swish": True,
              "ff_no_bias": True, "use_rmsnorm": True}  # fmt: skip
GPT = {"task": "generation"}


def both_sides(x: Any) -> nn.Module:
    """An `XTransformer`; its decoder without the wrapper that computes a loss."""
    sides = {f"{side}_{k}": v for side in ("enc", "dec") for k, v in SIDES.items()}
    return Via(x.XTransformer(dim=48, **sides), lambda net, source, target: net.decoder.net(
        target, context=net.encoder(source, return_embeddings=True)))  # fmt: skip


X = [
    # README: "GPT-like"; pre-norm, learned positions, GELU
    xt("gpt-like", "gpt2", "Decoder", **GPT),
    # README: "BERT-like"; with the order of norms of the paper
    xt("bert-like", "bert", "Encoder", {"post_emb_norm": True}, pre_norm=False),
    # RMSNorm, rotary positions and SwiGLU without biases are what Llama is
    xt("llama-like", "llama", "Decoder", {"use_abs_pos_emb": False}, **GPT, **LLAMA),
    xt("llama-like-gqa", "llama", "Decoder", {"use_abs_pos_emb": False}, **GPT, **LLAMA,
       attn_kv_heads=2),
    xt("prenorm-encoder", "transformer-encoder", "Encoder", {"num_memory_tokens": 4}),
    xt("alibi", "alibi-transformer", "Decoder", {"use_abs_pos_emb": False}, **GPT,
       alibi_pos_bias=True),
    xt("macaron", "macaron-net", "Encoder", macaron=True),
    xt("sandwich", "sandwich-transformer", "Decoder", **GPT, sandwich_coef=2, depth=6),
    xt("gtrxl", "gtrxl", "Decoder", **GPT, gate_residual=True),
    xt("hyper", "hyper-connection-transformer", "Decoder", **GPT, num_residual_streams=4),
    xt("resformer", "resformer", "Decoder", **GPT, add_value_residual=True),
    xt("rel-pos", "relative-transformer", "Decoder", **GPT, rel_pos_bias=True),
    xt("cope", "cope-transformer", "Decoder", **GPT, attn_use_cope=True),
    xt("talking-heads", "talking-heads-transformer", "Encoder", attn_pre_talking_heads=True,
       attn_post_talking_heads=True),
    xf("encoder-decoder", "transformer", {"ids": (1, 16), "target_ids": (1, 10)},
       both_sides, modality="text", task="translation"),
    xf("vit", "vit", 96, lambda x: x.ViTransformerWrapper(
        image_size=96, patch_size=16, num_classes=10, attn_layers=x.Encoder(**LAYERS))),
    xf("vit-registers", "vit", 64, lambda x: x.ViTransformerWrapper(
        image_size=64, patch_size=8, num_classes=10, num_register_tokens=4, post_emb_norm=True,
        attn_layers=x.Encoder(**LAYERS))),
    xf("continuous", "transformer-encoder", (1, 20, 12), lambda x: x.ContinuousTransformerWrapper(
        dim_in=12, dim_out=5, max_seq_len=24, attn_layers=x.Encoder(**LAYERS)),
        modality="time-series"),
    xf("neo-mlp", "neo-mlp", (1, 5), lambda x: x.NeoMLP(
        dim_in=5, dim_out=7, dim_hidden=16, depth=3, dim_model=48, encoder_kwargs={
            "heads": 4, "attn_dim_head": 12}), modality="tabular"),
]  # fmt: skip

MODELS = "speechbrain.lobes.models"
MEL = (1, 64, 40)


def part(path: str, *args: Any, **options: Any) -> Any:
    """A module of `speechbrain`; text in `options` that names a class stands for it."""
    for key, value in options.items():
        options[key] = load(value) if str(value).startswith("speechbrain.") else value
    return load(f"{MODELS}.{path}")(*args, **options)


def sb(name: str, family: str, path: Any, inputs: Any, options: Any, call: Any = None,
       **labels: str) -> Spec:  # fmt: skip
    """A class of `speechbrain`, or what `path` makes as its recipes do."""

    def maker() -> nn.Module:
        network = part(path, **options) if isinstance(path, str) else path(**options)
        return Via(network, call) if call else network

    labels = {"modality": "audio", "task": "features"} | labels
    return entry("speechbrain", name, family, maker, inputs, **labels)


def separate(parts: Any, mixture: Tensor) -> Tensor:
    """Mask the encoded mixture once for each of two speakers and decode."""
    coded = parts["encoder"](mixture)
    masks = parts["masknet"](coded)
    return torch.stack([parts["decoder"](coded * masks[i]) for i in range(2)], -1)


def mask(path: str, *args: Any, **options: Any) -> nn.Module:
    """The separation recipe around this estimator of masks."""
    args = tuple(each() if isinstance(each, partial) else each for each in args)
    for key, value in options.items():
        options[key] = value() if isinstance(value, partial) else value
    parts = {"encoder": part("dual_path:Encoder", 16, 32), "masknet": part(path, *args, **options),
             "decoder": part("dual_path:Decoder", 32, 1, 16, stride=8, bias=False)}  # fmt: skip
    return Via(nn.ModuleDict(parts), separate)


def wav2vec2() -> nn.Module:
    """The recipe's wav2vec 2.0; its positions are sines in place of a convolution."""
    layers = part("transformer.Transformer:TransformerEncoder", 4, 4, 96, d_model=48,
                  activation=nn.GELU, normalize_before=True)  # fmt: skip
    net = nn.ModuleDict({
        "extractor": part("wav2vec:W2VLatentExtractor", [24] * 7),
        "encoder": part("wav2vec:EncoderWrapper", 24, 48, layers)})  # fmt: skip
    return Via(net, lambda net, wave: net["encoder"](net["extractor"](wave))["embeddings"])


def tacotron(net: Any, ids: Tensor, mels: Tensor) -> Any:
    """Teacher forcing over all frames, without the packing that no exporter knows."""
    x = net.embedding(ids).transpose(1, 2)
    for conv in net.encoder.convolutions:
        x = conv(x).relu()
    mel, gate, _ = net.decoder(net.encoder.lstm(x.transpose(1, 2))[0], mels, torch.tensor([10]))
    return mel + net.postnet(mel), gate


ASR = {"tgt_vocab": 60, "input_size": 40, "d_model": 48, "nhead": 4, "d_ffn": 96,
       "num_encoder_layers": 4, "kernel_size": 15}  # fmt: skip
ENCODER = {**ASR, "num_decoder_layers": 0, "normalize_before": True, "causal": False,
           "attention_type": "RelPosMHAXL"}  # fmt: skip
ASR_PATH = "transformer.TransformerASR:TransformerASR"
HIFI = {"in_channels": 40, "out_channels": 1, "upsample_kernel_sizes": [16, 16, 4, 4],
        "upsample_factors": [8, 8, 2, 2], "upsample_initial_channel": 64}  # fmt: skip
TTS, SEP = {"task": "text-to-speech"}, {"task": "separation"}


RNN = partial(part, "dual_path:SBRNNBlock", 32, 24, 1, "LSTM", bidirectional=True)
BLOCK = partial(part, "resepformer:SBTransformerBlock_wnormandskip", 2, 32, 4, d_ffn=64,
                use_positional_encoding=True, norm_before=True)  # fmt: skip
EFFICIENT = partial(mask, "resepformer:ResourceEfficientSeparator", 32, False, 2, unit=32,
                    segment_size=20)  # fmt: skip
CRDNN = {"input_shape": MEL, "cnn_channels": [8, 16], "rnn_layers": 2, "rnn_neurons": 32}
RNNLM = {"output_neurons": VOCAB, "embedding_dim": 24, "rnn_neurons": 40, "dnn_neurons": 32}

SPEECH = [
    sb("ecapa-tdnn", "ecapa-tdnn", "ECAPA_TDNN:ECAPA_TDNN", MEL, {
        "input_size": 40, "channels": [32, 32, 32, 32, 96], "attention_channels": 16,
        "lin_neurons": 32, "res2net_scale": 4, "se_channels": 16}),
    sb("xvector", "x-vector", "Xvector:Xvector", MEL, {
        "tdnn_channels": [32, 32, 32, 32, 96], "lin_neurons": 32, "in_channels": 40}),
    # half of the stages with squeeze-and-excitation, all with norms before convolutions
    sb("resnet", "resnet-tdnn", "ResNet:ResNet", MEL, {
        "input_size": 40, "channels": [16, 16, 32, 32], "lin_neurons": 32}),
    sb("crdnn-ligru", "crdnn", "CRDNN:CRDNN", MEL, {**CRDNN, "dnn_neurons": 32}),
    sb("crdnn-lstm", "crdnn", "CRDNN:CRDNN", MEL, {
        **CRDNN, "dnn_neurons": 32, "rnn_class": "speechbrain.nnet.RNN:LSTM"}),
    sb("espnet-vgg", "vgg-blstm", "ESPnetVGG:ESPnetVGG", MEL, {
        **CRDNN, "projection_neurons": 32}),
    sb("contextnet", "contextnet", "ContextNet:ContextNet", MEL, {
        "input_shape": (1, 64, 40), "out_channels": 64, "conv_channels": [24] * 11 + [48] * 10}),
    sb("rnnlm-lstm", "lstm", "RNNLM:RNNLM", {"ids": (1, 12)}, RNNLM, modality="text", **GPT),
    sb("rnnlm-gru", "gru", "RNNLM:RNNLM", {"ids": (1, 12)}, {
        **RNNLM, "rnn_class": "speechbrain.nnet.RNN:GRU"}, modality="text", **GPT),
    *(sb(name.lower().replace("_", "-"), "bilstm", f"{name}:EnhancementGenerator", (1, 30, 257), {},
         lambda net, x: net(x, None), task="enhancement") for name in ("MetricGAN", "MetricGAN_U")),
    sb("metric-discriminator", "metricgan-discriminator", "MetricGAN:MetricDiscriminator",
        (1, 2, 40, 257), {}, task="quality"),
    sb("vanilla-nn", "mlp", "VanillaNN:VanillaNN", (1, 20, 40), {
        "input_shape": (1, 20, 40), "dnn_blocks": 3, "dnn_neurons": 48}),
    sb("gated-nn", "gated-mlp", "GatedNN:GatedNN", (1, 20, 40), {
        "input_shape": (1, 20, 40), "blocks": 3, "neurons": 48}),
    sb("sepformer", "sepformer", "dual_path:SepformerWrapper", (1, 800), {
        "encoder_out_nchannels": 32, "masknet_chunksize": 20, "intra_numlayers": 2,
        "inter_numlayers": 2, "intra_nhead": 4, "inter_nhead": 4, "intra_dffn": 64,
        "inter_dffn": 64}, **SEP),
    sb("conv-tasnet", "conv-tasnet", partial(mask, "conv_tasnet:MaskNet"), (1, 800), {
        "N": 32, "B": 16, "H": 32, "P": 3, "X": 4, "R": 2, "C": 2}, **SEP),
    sb("dprnn", "dprnn", partial(mask, "dual_path:Dual_Path_Model", 32, 32, RNN, RNN), (1, 800), {
        "num_layers": 3, "K": 20, "num_spks": 2}, **SEP),
    sb("resepformer", "resepformer", EFFICIENT, (1, 800), {
        "layer": 2, "mem_type": "av", "seg_model": BLOCK, "mem_model": BLOCK}, **SEP),
    sb("skim", "skim", EFFICIENT, (1, 800), {
        "layer": 3, "mem_type": "hc",
        "seg_model": partial(part, "resepformer:SegLSTM", 32, 32, bidirectional=True),
        "mem_model": partial(part, "resepformer:MemLSTM", 32, bidirectional=True)}, **SEP),
    sb("wav2vec2", "wav2vec2", wav2vec2, (1, 3200), {}),
    sb("diffwave", "diffwave", "DiffWave:DiffWave",
        {"audio": (1, 1, 2560), "step_ids": (1,), "mel": (1, 80, 10)}, {
            "input_channels": 80, "residual_layers": 6, "residual_channels": 16,
            "dilation_cycle_length": 3, "total_steps": 200}, **TTS),
    sb("hifigan-v1", "hifi-gan", "HifiGAN:HifiganGenerator", (1, 40, 16), {
        **HIFI, "resblock_type": "1", "resblock_kernel_sizes": [3, 7, 11],
        "resblock_dilation_sizes": [[1, 3, 5]] * 3}, **TTS),
    sb("hifigan-v3", "hifi-gan", "HifiGAN:HifiganGenerator", (1, 40, 16), {
        **HIFI, "resblock_type": "2", "resblock_kernel_sizes": [3, 5, 7],
        "upsample_kernel_sizes": [16, 16, 8], "upsample_factors": [8, 8, 4],
        "resblock_dilation_sizes": [[1, 2], [2, 6], [3, 12]]}, **TTS),
    sb("tacotron2", "tacotron2", "Tacotron2:Tacotron2",
        {"text_ids": (1, 10), "mels": (1, 20, 5)}, {
            "n_mel_channels": 20, "n_symbols": VOCAB, "symbols_embedding_dim": 32,
            "encoder_embedding_dim": 32, "attention_rnn_dim": 48, "attention_dim": 16,
            "attention_location_n_filters": 8, "decoder_rnn_dim": 48, "prenet_dim": 16,
            "postnet_embedding_dim": 32}, tacotron, **TTS),
    sb("fastspeech2", "fastspeech2", "FastSpeech2:FastSpeech2", {"ids": (1, 8)}, {
        **{f"{side}_{k}": v for side in ("enc", "dec") for k, v in {
            "num_layers": 3, "num_head": 2, "d_model": 32, "ffn_dim": 64, "k_dim": 32,
            "v_dim": 32, "dropout": 0.1}.items()},
        **{f"{side}_pred_kernel_size": 3 for side in ("dur", "pitch", "energy")},
        "normalize_before": False, "ffn_type": "1dcnn", "ffn_cnn_kernel_size_list": [9, 1],
        "n_char": VOCAB, "n_mels": 20, "postnet_embedding_dim": 32, "postnet_kernel_size": 5,
        "postnet_n_convolutions": 5, "postnet_dropout": 0.5, "padding_idx": 0,
        "variance_predictor_dropout": 0.5},  # durations are given: the output has a known length
        lambda net, x: net(x, durations=torch.tensor([[2, 1, 3, 2, 1, 2, 2, 1]]))[:4], **TTS),
    sb("transformer-asr", "transformer", ASR_PATH, {"mel": MEL, "ids": (1, 8)}, {
        **ASR, "num_decoder_layers": 3, "causal": False}, lambda net, x, y: net(x, y % 60)[1],
        task="asr"),
    sb("conformer", "conformer", ASR_PATH, MEL, {**ENCODER, "encoder_module": "conformer"},
        lambda net, x: net.encode(x), task="asr"),
    sb("conformer-6", "conformer", ASR_PATH, MEL, {
        **ENCODER, "encoder_module": "conformer", "num_encoder_layers": 6,
        "attention_type": "regularMHA"}, lambda net, x: net.encode(x), task="asr"),
    sb("branchformer", "branchformer", ASR_PATH, MEL, {
        **ENCODER, "encoder_module": "branchformer", "csgu_linear_units": 96},
        lambda net, x: net.encode(x), task="asr"),
    sb("transformer-lm", "transformer-lm", "transformer.TransformerLM:TransformerLM", {
        "ids": (1, 14)}, {"vocab": VOCAB, "d_model": 48, "nhead": 4, "num_encoder_layers": 4,
                          "d_ffn": 96, "activation": nn.GELU}, modality="text", **GPT),
    sb("segan", "segan", "segan_model:Generator", (1, 4096, 1), {
        "kernel_size": 5, "latent_vae": False, "z_prob": False}, task="enhancement"),
    sb("dac", "dac", "discrete.dac:DAC", (1, 1, 1024), {
        "encoder_dim": 8, "encoder_rates": [2, 4, 8], "decoder_dim": 64,
        "decoder_rates": [8, 4, 2], "n_codebooks": 3, "codebook_size": 64},
        lambda net, x: net.decode(net.encode(x)[0]), task="codec"),
]  # fmt: skip


def table(kinds: str) -> tuple[list[Any], Tensor]:
    """Feature columns of `deepctr_torch` and two rows of values for them."""
    kinds_of = ("SparseFeat", "DenseFeat", "VarLenSparseFeat")
    sparse, dense, listed = (load(f"deepctr_torch.inputs:{name}") for name in kinds_of)
    columns = [sparse(name, 20, 8) for name in ("user", "item", "kind", "place", "hour", "shop")]
    columns += [dense(name, 1) for name in ("age", "price", "score") if kinds != "sparse"]
    values = [torch.randint(1, 20, (2, 6)).float(), torch.rand(2, len(columns) - 6)]
    if kinds == "history":
        past = {"maxlen": 5, "length_name": "seq_length"}
        for name in ("item", "kind"):
            columns.append(listed(sparse(f"hist_{name}", 20, 8, embedding_name=name), **past))
        values += [torch.randint(1, 6, (2, 11)).float()]  # items, how many, their kinds
    return columns, torch.cat(values, 1)


def ctr(name: str, family: str, path: str, kinds: str = "", **options: Any) -> Spec:
    """A recommender of `deepctr_torch` over small feature columns."""

    def build(_: int) -> Built:
        columns, rows = table(kinds)
        args = [columns, ["item", "kind"]] if kinds == "history" else [columns, columns]
        if "multitask" in path or "PNN" in path:
            args = args[:1]
        network = load(f"deepctr_torch.models.{path}")(*args, **options)
        return Built(network, {"rows": rows}, {"rows": {0: "batch"}})

    labels = {"modality": "tabular", "task": "recommendation"}
    return replace(entry("deepctr_torch", name, family, nn.Identity, (1, 1), **labels), build=build)


CTR = [
    *(ctr(cls.lower(), cls.lower(), f"{cls.lower()}:{cls}", dnn_hidden_units=(48, 32))
      for cls in ("AutoInt", "FiBiNET", "NFM", "PNN", "IFM", "DIFM", "ONN", "DCN")),
    ctr("deepfm", "deepfm", "deepfm:DeepFM", dnn_hidden_units=(48, 32)),
    ctr("deepfm-bn", "deepfm", "deepfm:DeepFM", dnn_hidden_units=(64, 32, 16), dnn_use_bn=True),
    ctr("wdl", "wide-and-deep", "wdl:WDL", dnn_hidden_units=(48, 32)),
    ctr("wdl-deep", "wide-and-deep", "wdl:WDL", dnn_hidden_units=(64, 48, 32), dnn_use_bn=True),
    ctr("dcn-matrix", "dcn-v2", "dcn:DCN", cross_parameterization="matrix", cross_num=3),
    ctr("dcn-mix", "dcn-mix", "dcnmix:DCNMix", low_rank=8, num_experts=3),
    ctr("xdeepfm", "xdeepfm", "xdeepfm:xDeepFM", cin_layer_size=(16, 8)),
    ctr("afm", "afm", "afm:AFM", "sparse"),
    ctr("afn", "afn", "afn:AFN", "sparse", ltl_hidden_size=24, afn_dnn_hidden_units=(32, 16)),
    ctr("ccpm", "ccpm", "ccpm:CCPM", "sparse", dnn_hidden_units=(48,)),
    ctr("din", "din", "din:DIN", "history", dnn_hidden_units=(48, 32)),
    ctr("dien", "dien", "dien:DIEN", "history", dnn_hidden_units=(48, 32)),
    ctr("mmoe", "mmoe", "multitask.mmoe:MMOE", expert_dnn_hidden_units=(32, 16)),
    ctr("ple", "ple", "multitask.ple:PLE", expert_dnn_hidden_units=(32, 16)),
    ctr("esmm", "esmm", "multitask.esmm:ESMM", tower_dnn_hidden_units=(32, 16)),
    ctr("shared-bottom", "shared-bottom", "multitask.sharedbottom:SharedBottom",
        bottom_dnn_hidden_units=(32, 16)),
]  # fmt: skip


class Stack(nn.Module):
    """Layers of one kind with ReLU between them, as the examples of PyTorch Geometric."""

    def __init__(self, layer: Any, sizes: tuple[int, ...], **options: Any) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layer(a, b, **options) for a, b in pairwise(sizes))

    def forward(self, x: Tensor, *others: Tensor) -> Tensor:
        """The last layer's features."""
        for i, layer in enumerate(self.layers):
            x = layer(x.relu() if i else x, *others)
        return x


def graph(names: str) -> dict[str, Tensor]:
    """A ring of ten nodes with chords, given by the inputs of these names."""
    nodes = torch.arange(10)
    edges = torch.cat([torch.stack([nodes, (nodes + k) % 10]) for k in (1, 3, 7, 9)], 1)
    dense = torch.zeros(1, 10, 10)
    dense[0, edges[0], edges[1]] = 1.0
    known = {
        "x": torch.randn(10, 6), "edge_index": edges, "edge_attr": torch.randn(40, 4),
        "batch": torch.zeros(10, dtype=torch.long), "pos": torch.randn(10, 3),
        "z": torch.randint(1, 9, (10,)), "nodes": torch.randn(1, 10, 6), "adj": dense,
        "edge_type": torch.arange(40) % 3,
    }  # fmt: skip
    return {name: known[name] for name in names.split()}


def gnn(name: str, family: str, cls: str, inputs: str = "x edge_index", **options: Any) -> Spec:
    """A class of `torch_geometric.nn`: a model, or a layer where `sizes` are given."""

    def build(_: int) -> Built:
        kind = load(f"torch_geometric.nn:{cls}")
        call, values = options.get("call"), {k: v for k, v in options.items() if k != "call"}
        network = Stack(kind, **values) if "sizes" in values else kind(**values)
        return Built(Via(network, call) if call else network, graph(inputs))

    labels = {"modality": "graph", "task": "nodes"}
    return replace(entry("torch_geometric", name, family, nn.Identity, 8, **labels), build=build)


NET: Any = {"in_channels": 6, "hidden_channels": 16, "num_layers": 3, "out_channels": 4}
SIZES: Any = {"sizes": (6, 16, 16, 4)}
DENSE: Any = {"inputs": "nodes adj", **SIZES}
MP = "message-passing"  # every layer that gathers along edges and scatters to nodes


def whole(pos: Tensor, batch: Tensor) -> tuple[Tensor, Tensor]:
    """Every pair of different atoms and how far apart they are."""
    edges = torch.tensor([(i, j) for i in range(10) for j in range(10) if i != j]).t()
    return edges, (pos[edges[0]] - pos[edges[1]]).norm(dim=-1)


GRAPHS = [
    *(gnn(cls.lower(), MP, cls, **NET) for cls in ("GCN", "GIN", "GraphSAGE")),
    gnn("gcn-norm", MP, "GCN", **NET, norm="batch_norm", jk="cat"),
    gnn("gat", MP, "GAT", **NET, heads=2),
    gnn("gatv2", MP, "GAT", **NET, heads=2, v2=True),
    gnn("pna", MP, "PNA", **NET, aggregators=["mean", "max", "std"],
        scalers=["identity", "amplification"], deg=torch.tensor([0, 0, 0, 0, 10])),
    gnn("edge-cnn", MP, "EdgeCNN", **NET),
    gnn("graph-conv", MP, "GraphConv", **SIZES),
    gnn("gated-graph", MP, "GatedGraphConv", out_channels=16, num_layers=3),
    gnn("transformer-conv", MP, "TransformerConv", **SIZES, heads=2, concat=False),
    gnn("res-gated", MP, "ResGatedGraphConv", **SIZES),
    gnn("rgcn", MP, "RGCNConv", "x edge_index edge_type", **SIZES, num_relations=3),
    gnn("dense-gcn", "gcn-dense", "DenseGCNConv", **DENSE),
    gnn("dense-graph-conv", "dense-graph-conv", "DenseGraphConv", **DENSE),
    gnn("dense-sage", "dense-graphsage", "DenseSAGEConv", **DENSE),
    gnn("dense-gat", "dense-gat", "DenseGATConv", **DENSE, heads=2, concat=False),
    gnn("mlp", "mlp", "MLP", "x", channel_list=[6, 32, 16, 4]),
    gnn("cheb", "chebnet", "ChebConv", **SIZES, K=3),
    gnn("arma", "arma-gnn", "ARMAConv", **SIZES, num_stacks=2, num_layers=2),
    gnn("schnet", "schnet", "SchNet", "z pos batch", hidden_channels=16, num_filters=16,
        num_interactions=3, num_gaussians=12, interaction_graph=whole),
    gnn("attentive-fp", "attentive-fp", "AttentiveFP", "x edge_index edge_attr batch", **NET,
        edge_dim=4, num_timesteps=2),
    gnn("linkx", "linkx", "LINKX", **NET, num_nodes=10),
    gnn("lightgcn", "lightgcn", "LightGCN", "edge_index", num_nodes=10, embedding_dim=16,
        num_layers=3, call=lambda net, edges: net.get_embedding(edges)),
    gnn("point-transformer", "point-transformer", "PointTransformerConv", "x pos edge_index",
        **SIZES),
]  # fmt: skip

SPECS: list[Spec] = [*X, *SPEECH, *CTR, *GRAPHS]
