"""What an architecture is, where its modules lie and how its weights are settled."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.zoo.spec import Built, Spec

HERE = Path(__file__).parent
SETS = (
    "dev", "held", "fresh", "final", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
    "tenth", "eleventh", "twelfth", "thirteenth",
    "constructs",
)  # fmt: skip


@dataclass(frozen=True)
class Architecture:
    """One network, to be exported on every road that takes it."""

    name: str
    group: str
    """One of SETS."""

    @property
    def twin(self) -> bool:
        """Whether there is a Keras model of the same topology."""
        return (HERE / self.group / "twins" / f"{self.name}.py").exists()

    def spec(self) -> Spec:
        """The torch network as an entry of the zoo, whose exporters take it."""
        from benchmarks.zoo.spec import Spec

        module = import_module(f"benchmarks.roads.{self.group}.{self.name}")
        return Spec(self.name, self.group, self.name, module.build)

    def torch(self, seed: int) -> Built:
        """A fresh torch network with settled weights, and its inputs."""
        from benchmarks.zoo.spec import make

        return make(self.spec(), seed)

    def keras(self, keras: Any, seed: int) -> Any:
        """A fresh Keras model with settled weights, of `keras` or `tf_keras`."""
        keras.backend.clear_session()  # names of layers start anew
        keras.utils.set_random_seed(seed)
        module = import_module(f"benchmarks.roads.{self.group}.twins.{self.name}")
        model = module.build(keras)
        settle(model, seed)
        return model


def settle(model: Any, seed: int) -> None:
    """Randomise norms, biases and constant weights so no exporter folds one away.

    What is above zero stays so: a variance below it makes a network of nothing but NaN.
    """
    import numpy as np

    random = np.random.default_rng(seed)
    settled = []
    for value in model.get_weights():
        if value.ndim <= 1 or np.all(value == value.flat[0]):
            offset = random.uniform(-0.1, 0.1, value.shape)
            value = np.abs(value + offset) + 0.1 if np.all(value > 0.0) else value + offset
        settled.append(value.astype("float32") if value.dtype == np.float64 else value)
    model.set_weights(settled)


def architectures(group: str) -> list[Architecture]:
    """All architectures of one set, by name."""
    paths = sorted((HERE / group).glob("*.py"))
    return [Architecture(path.stem, group) for path in paths if path.stem != "__init__"]
