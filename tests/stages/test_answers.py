import numpy as np
import pytest

from espalier.core.batch import Prediction
from espalier.stages.answers import to_frame, to_words
from espalier.tasks.binary import Binary
from espalier.tasks.multilabel import Multilabel
from espalier.tasks.regression import Regression

ROWS = np.array([7, 3])


def test_class_indices_become_class_names_with_a_probability_each():
    prediction = Prediction(ROWS, np.array([1.0, 0.0]), np.array([[0.2, 0.8], [0.9, 0.1]]))
    frame = to_frame(prediction, ("no", "yes"), Binary())
    assert frame.to_dicts() == [
        {"prediction": "yes", "probability_no": 0.2, "probability_yes": 0.8},
        {"prediction": "no", "probability_no": 0.9, "probability_yes": 0.1},
    ]


def test_quantities_stay_and_quantiles_are_named_by_their_level():
    task = Regression(loss="quantile", quantiles=(0.05, 0.5, 0.975))
    prediction = Prediction(ROWS, np.array([2.0, 5.0]), quantiles=np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    frame = to_frame(prediction, (), task)
    assert frame.columns == ["prediction", "quantile_0.05", "quantile_0.5", "quantile_0.975"]
    assert frame.row(1) == (5.0, 4.0, 5.0, 6.0)


def test_several_labels_are_joined_and_none_is_an_empty_word():
    prediction = Prediction(ROWS, np.array([[1.0, 1.0], [0.0, 0.0]]), np.array([[0.9, 0.8], [0.1, 0.2]]))
    frame = to_frame(prediction, ("cat", "dog"), Multilabel(num_labels=2))
    assert frame.get_column("prediction").to_list() == ["cat;dog", ""]
    assert frame.columns == ["prediction", "probability_cat", "probability_dog"]


@pytest.mark.parametrize("values", [np.empty(0), np.empty((0, 2))])
def test_no_rows_give_no_words(values):
    assert to_words(values, ("a", "b")).to_list() == []
