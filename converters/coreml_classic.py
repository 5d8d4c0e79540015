"""Models of CoreML that are no networks, as data: what each is called in the vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from genescan.converters.coreml_values import text


class Classical(NamedTuple):
    """An operator, and its own name: ONNX's where ONNX has one."""

    op: str
    kind: str


CLASSICAL: Mapping[str, Classical] = MappingProxyType(
    {
        "glmRegressor": Classical("LinearModel", "LinearRegressor"),
        "glmClassifier": Classical("LinearModel", "LinearClassifier"),
        "bayesianProbitRegressor": Classical("LinearModel", "BayesianProbitRegressor"),
        "supportVectorRegressor": Classical("SVM", "SVMRegressor"),
        "supportVectorClassifier": Classical("SVM", "SVMClassifier"),
        "treeEnsembleRegressor": Classical("TreeEnsemble", "TreeEnsembleRegressor"),
        "treeEnsembleClassifier": Classical("TreeEnsemble", "TreeEnsembleClassifier"),
        "oneHotEncoder": Classical("FeaturePreprocessing", "OneHotEncoder"),
        "imputer": Classical("FeaturePreprocessing", "Imputer"),
        "featureVectorizer": Classical("FeaturePreprocessing", "FeatureVectorizer"),
        "dictVectorizer": Classical("FeaturePreprocessing", "DictVectorizer"),
        "scaler": Classical("FeaturePreprocessing", "Scaler"),
        "categoricalMapping": Classical("FeaturePreprocessing", "CategoryMapper"),
        "normalizer": Classical("FeaturePreprocessing", "Normalizer"),
        "arrayFeatureExtractor": Classical("FeaturePreprocessing", "ArrayFeatureExtractor"),
        "identity": Classical("Identity", "Identity"),
        "nonMaximumSuppression": Classical("NonMaxSuppression", "NonMaxSuppression"),
    }
)


def kind_of(model: Any, kind: str) -> str:
    """The name of an opaque model: its kind, and what it says of itself."""
    inner = getattr(model, kind)
    detail = {
        "customModel": "className",
        "serializedModel": "identifier",
        "visionFeaturePrint": "VisionFeaturePrintType",
        "audioFeaturePrint": "AudioFeaturePrintType",
        "soundAnalysisPreprocessing": "SoundAnalysisPreprocessingType",
    }.get(kind)
    if detail is None:
        return kind
    word = inner.WhichOneof(detail) if detail.endswith("Type") else text(getattr(inner, detail))
    return f"{kind}:{word}" if word else kind
