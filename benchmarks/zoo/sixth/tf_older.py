"""Networks of packages of the older Keras: faces, texts, cells, sounds and transformers."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

from benchmarks.zoo.fifth.tf_common import Shape
from benchmarks.zoo.sixth.tf_common import narrowed, net
from benchmarks.zoo.spec import Spec

TEXT: dict[str, Any] = {"modality": "text"}
WORDS: dict[str, Shape] = {"tokens": (16,)}


def part(path: str) -> Any:
    """What `module:name` is."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


def bert(_: Any, **more: Any) -> Any:
    """BERT of keras_bert without or with its heads for training."""
    made = part("keras_bert:get_model")(
        token_num=160, pos_num=16, seq_len=16, embed_dim=48, transformer_num=4, head_num=4,
        feed_forward_dim=96, **more,
    )  # fmt: skip
    return made if not isinstance(made, tuple) else _.Model(*made)


def gpt2(_: Any) -> Any:
    """GPT-2 of keras_gpt_2."""
    return part("keras_gpt_2:get_model")(
        n_vocab=160, n_ctx=16, n_embd=48, n_head=4, n_layer=4, batch_size=1, fixed_input_shape=True
    )


def transformer(_: Any, **more: Any) -> Any:
    """The Transformer of keras_transformer."""
    return part("keras_transformer:get_model")(
        token_num=160, embed_dim=48, encoder_num=3, decoder_num=3, head_num=4, hidden_dim=96,
        **more,
    )  # fmt: skip


PAIR: dict[str, Shape] = {"Input-Token": (16,), "Input-Segment": (16,)}
LANGUAGE = [
    net("keras_bert", "bert", "bert", partial(bert, training=False), PAIR,
        ids="Input-Token Input-Segment", task="features", **TEXT),
    net("keras_bert", "bert-pretraining", "bert", partial(bert, training=True),
        {**PAIR, "Input-Masked": (16,)}, ids="Input-Token Input-Segment", **TEXT),
    net("keras_gpt_2", "gpt2", "gpt2", gpt2, WORDS, task="generation", **TEXT),
    net("keras_transformer", "transformer", "transformer", transformer,
        {"source": (14,), "target": (9,)}, task="translation", components="encoder+decoder",
        **TEXT),
]  # fmt: skip


def resnet(keras: Any, cls: str, size: int = 64) -> Any:
    """A ResNet of keras_resnet with a quarter of its filters."""
    for name in ("blocks._2d", "models._2d"):
        narrowed(keras, f"keras_resnet.{name}")
    return part(f"keras_resnet.models:{cls}")(keras.Input((size, size, 3)), classes=10)


RESNETS = [
    net("keras_resnet", cls.lower(), "resnet", partial(resnet, cls=cls), 64)
    for cls in ("ResNet18", "ResNet34", "ResNet50")
]

FACE = {"task": "face-recognition", "hollow": "gdown werkzeug flask"}
ROOT = "deepface.models.facial_recognition.tf."


def arcface(keras: Any) -> Any:
    """The ResNet-34 of ArcFace, before the layer that its loader puts on it."""
    return narrowed(keras, f"{ROOT}ArcFace").ResNet34()


def facenet(keras: Any) -> Any:
    """Inception-ResNet-v1 with a quarter of its filters."""
    return narrowed(keras, f"{ROOT}Facenet").InceptionResNetV1(dimension=128)


def vgg_face(keras: Any) -> Any:
    """VGG-Face with an eighth of its filters."""
    return narrowed(keras, f"{ROOT}VGGFace", 8).base_model()


def ghost(_: Any) -> Any:
    """GhostFaceNet as it is."""
    return part(f"{ROOT}GhostFaceNet:GhostFaceNetV1")()


def retina(keras: Any) -> Any:
    """RetinaFace on ResNet-50 with a quarter of its filters."""
    module = narrowed(keras, "retinaface.model.retinaface_model")
    module.weight_utils.download_weights_if_necessary = lambda *_, **__: ""
    module.weight_utils.load_weights = lambda model, *_, **__: model
    module.load_weights = lambda model, *_, **__: model
    return module.build_model()


def stage(_: Any, name: str) -> Any:
    """A network of the cascade of mtcnn."""
    found = part(f"mtcnn.network.{name.lower()}:{name}")()
    found.build()
    return found


FACES = [
    net("deepface", "arcface-resnet34", "resnet", arcface, 112, **FACE),
    net("deepface", "facenet", "inception-resnet", facenet, 160, **FACE),
    net("deepface", "vgg-face", "vgg", vgg_face, 224, **FACE),
    net("deepface", "ghostfacenet", "ghostnet", ghost, 112, **FACE),
    net("retinaface", "resnet50", "retinaface", retina, 128, hollow="gdown",
        task="face-detection"),
    *(
        net("mtcnn", name.lower(), "mtcnn", partial(stage, name=name), size, task="face-detection")
        for name, size in (("PNet", 48), ("RNet", 24), ("ONet", 48))
    ),
]  # fmt: skip


def stardist(_: Any, volume: bool = False, **more: Any) -> Any:
    """StarDist on its U-Net, or on its ResNet for volumes."""
    dims = "3D" if volume else "2D"
    config = part(f"stardist.models:Config{dims}")(
        axes="ZYX" if volume else "YX", n_rays=16, unet_n_filter_base=8, net_conv_after_unet=32,
        **more,
    )  # fmt: skip
    return part(f"stardist.models:StarDist{dims}")(config, basedir=None).keras_model


def care(_: Any) -> Any:
    """The U-Net of CARE, which restores what it is given."""
    made = part("csbdeep.internals.nets:common_unet")(
        n_dim=2, n_depth=2, kern_size=5, n_first=16, n_channel_out=1, residual=True
    )
    return made((None, None, 1))


FLAT: dict[str, Shape] = {"input": (64, 64, 1)}
CELLS = [
    net("stardist", "2d", "stardist", stardist, FLAT, task="segmentation", hollow="numba"),
    net("stardist", "2d-grid", "stardist", partial(stardist, grid=(2, 2), n_classes=3), FLAT,
        task="segmentation", hollow="numba"),
    net("csbdeep", "care", "unet", care, FLAT, task="restoration"),
]  # fmt: skip

READ = "imgaug essential_generators validators shapely editdistance fonttools pyclipper fontTools"


def craft(keras: Any) -> Any:
    """The detector CRAFT on VGG-16 with a quarter of its filters."""
    module = narrowed(keras, "keras_ocr.detection")
    return module.build_keras_model(weights_path=None, backbone_name="vgg")


def crnn(_: Any, stn: bool) -> Any:
    """The CRNN of keras_ocr, with its spatial transformer or without."""
    made = part("keras_ocr.recognition:build_model")(
        alphabet="abcdefghijklmnopqrstuvwxyz0123456789", height=31, width=200, color=False,
        filters=(16, 24, 32, 32, 48, 48, 48), rnn_units=(32, 32), dropout=0.25,
        rnn_steps_to_discard=2, pool_size=2, stn=stn,
    )  # fmt: skip
    return made[1]


LINE: dict[str, Shape] = {"input": (31, 200, 1)}
READERS = [
    net("keras_ocr", "craft", "craft", craft, 96, task="text-detection", hollow=READ),
    net("keras_ocr", "crnn-stn", "crnn", partial(crnn, stn=True), LINE, task="ocr", hollow=READ),
    net("keras_ocr", "crnn", "crnn", partial(crnn, stn=False), LINE, task="ocr", hollow=READ),
]  # fmt: skip


def spleeter(keras: Any, kind: str) -> Any:
    """Two instruments by a U-Net each, with half of their filters."""
    names, sizes = ["vocals", "accompaniment"], {"conv_n_filters": [8, 16, 24, 32, 48, 64]}
    given = keras.Input((64, 128, 2))
    return keras.Model(given, part(f"spleeter.model.functions.unet:{kind}")(given, names, sizes))


def pitch(_: Any) -> Any:
    """Basic Pitch behind its own constant-Q transform."""
    return part("basic_pitch.models:model")()


SOUNDS = [
    net("spleeter", "2stems", "unet", partial(spleeter, kind="unet"), {"input": (64, 128, 2)},
        modality="audio", task="separation"),
    net("spleeter", "2stems-softmax", "unet", partial(spleeter, kind="softmax_unet"),
        {"input": (64, 128, 2)}, modality="audio", task="separation"),
    net("basic_pitch", "basic-pitch", "basicpitch", pitch, {"input": (43844, 1)},
        modality="audio", task="transcription"),
]  # fmt: skip

SPECS: list[Spec] = [*LANGUAGE, *RESNETS, *FACES, *CELLS, *READERS, *SOUNDS]
