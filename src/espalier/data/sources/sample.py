"""Samples: the small data sets that scikit-learn brings along, named `sample:NAME`. The target column is "target"."""

import numpy as np
import polars as pl
from sklearn import datasets
from sklearn.utils import Bunch

from espalier.core.errors import unknown_name
from espalier.core.records import Records

PREFIX = "sample:"
SAMPLES = {
    "breast_cancer": datasets.load_breast_cancer,
    "diabetes": datasets.load_diabetes,
    "digits": datasets.load_digits,
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
}


def read(name: str) -> Records:
    """Return a sample; classes are named in words, rows are numbered from 1.

    Args:
        name: without the prefix "sample:", for example "iris".

    Raises:
        UnknownNameError: no sample has this name.

    Example:
        >>> records = read("iris")
        >>> records.frame.columns[:2], records.frame["target"][0], len(records)
        (['sepal length (cm)', 'sepal width (cm)'], 'setosa', 150)
    """
    if name not in SAMPLES:
        raise unknown_name("sample", name, SAMPLES)
    found = SAMPLES[name]()
    columns = dict(zip((str(feature) for feature in found.feature_names), found.data.T, strict=True))
    frame = pl.DataFrame(columns).with_columns(pl.Series("target", _target(found)))
    return Records(frame, np.arange(1, frame.height + 1), f"{PREFIX}{name}", ("sample of scikit-learn",))


def _target(found: Bunch) -> list[str] | np.ndarray[tuple[int], np.dtype[np.float64]]:
    classes = getattr(found, "target_names", None)
    if classes is None:
        return found.target
    return [str(classes[index]) for index in found.target]
