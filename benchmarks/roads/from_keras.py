"""Roads from a Keras model: graphs, SavedModels and TFLite files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.roads.export import Job, Road


def build(job: Job) -> Any:
    """The twin, of the Keras that the toolchain is named after."""
    return job.architecture.keras(import_module(job.toolchain), job.seed)


def concrete(model: Any) -> Any:
    """The model as one function of tensors with declared shapes."""
    import tensorflow as tf

    given = [tf.TensorSpec(each.shape, each.dtype, name="input") for each in model.inputs]
    run = tf.function(lambda *values: model(list(values) if len(given) > 1 else values[0]))
    return run.get_concrete_function(*given)


def freeze(model: Any, lower: bool) -> Any:
    """The function with its variables turned into constants; `lower` breaks loops into gates."""
    from tensorflow.python.framework import convert_to_constants as freezing

    return freezing.convert_variables_to_constants_v2(concrete(model), lower_control_flow=lower)


def frozen(job: Job, lower: bool) -> None:
    """A frozen GraphDef."""
    graph = freeze(build(job), lower).graph.as_graph_def()
    job.target.write_bytes(graph.SerializeToString(deterministic=True))


def saved(job: Job) -> None:
    """A SavedModel, in the way each Keras recommends."""
    import tensorflow as tf

    model = build(job)
    if job.toolchain == "keras":
        model.export(str(job.target), verbose=False)
    else:
        tf.saved_model.save(model, str(job.target))


def samples(model: Any, by_name: bool) -> Iterator[Any]:
    """Batches of random inputs, small numbers for ids; a SavedModel orders several anew."""
    import numpy as np

    from benchmarks.zoo import calibration

    random = np.random.default_rng(0)
    names = [each.name for each in model.inputs]
    first = {
        each.name: random.integers(0, 32, each.shape).astype("int32")
        if "int" in str(each.dtype)
        else random.standard_normal(each.shape).astype("float32")
        for each in model.inputs
    }
    for batch in calibration.samples(first):
        yield batch if by_name and len(names) > 1 else [batch[name] for name in names]


def tflite(job: Job, kind: str, from_saved: bool = True) -> None:
    """A TFLite file, from the SavedModel or from the frozen function."""
    import tensorflow as tf

    model = build(job)
    if from_saved:
        converter = tf.lite.TFLiteConverter.from_saved_model(str(job.folder / "saved"))
    else:
        converter = tf.lite.TFLiteConverter.from_concrete_functions([freeze(model, False)])
    if kind != "fp32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "fp16":
        converter.target_spec.supported_types = [tf.float16]
    if kind == "int8":
        converter.representative_dataset = lambda: samples(model, by_name=from_saved)
    job.target.write_bytes(converter.convert())


KINDS = ("fp32", "fp16", "dynamic", "int8")

KERAS: Mapping[str, Road] = {
    "saved": saved,
    "frozen.pb": partial(frozen, lower=False),
    "frozen_lowered.pb": partial(frozen, lower=True),
    **{f"{kind}.tflite": partial(tflite, kind=kind) for kind in KINDS},
    **{
        f"{kind}_from_frozen.tflite": partial(tflite, kind=kind, from_saved=False)
        for kind in ("fp32", "int8")
    },
}
