"""Every preparation step: two types, the fitted one exact in JSON; and only `data/split.py` makes training records."""

import ast
import inspect
import json
from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import espalier
from data.hand_made import hand_made
from espalier.core.catalogue import modules_of
from espalier.core.pictures import PictureForm
from espalier.core.plan import PreparePlan
from espalier.core.records import TrainRecords
from espalier.core.schema import SIDES, Kind, Role
from espalier.data.prepare.boxes import fit_boxes
from espalier.data.prepare.preparation import fit_preparation

SOURCE = Path(espalier.__file__).parent
CLASSES = {
    name: one
    for module in modules_of("espalier.data.prepare")
    for name, one in inspect.getmembers(module, inspect.isclass)
    if one.__module__ == module.__name__
}
FITTED = sorted(name for name, one in CLASSES.items() if name.startswith("Fitted"))


def everything_fitted():
    """Return fitted preparations that hold every kind of step between them."""
    stream = np.random.default_rng(0)
    columns = {
        "a": np.where(stream.random(300) < 0.1, np.nan, stream.lognormal(size=300) / 3),
        "b": stream.normal(size=300),
        "o": stream.choice(["low", "high"], 300),
        "c": stream.choice(["u", "v", 'quote " and \\ and \n', None], 300),
        "t": pl.Series(stream.integers(0, 10**15, 300)).cast(pl.Datetime("us")),
        "y": stream.choice(["p", "q"], 300),
        "n": stream.lognormal(size=300),
        "z": stream.integers(0, 2, 300),
    }

    def fit(kind, targets, **plan):
        others = {name: Role.IGNORED for name in "ynz" if name not in targets}
        roles = {**others, **dict.fromkeys(targets, Role.TARGET)}
        records, schema = hand_made(columns, None, roles, {"o": Kind.ORDERED}, {"o": ("low", "high")})
        return fit_preparation(TrainRecords(records), schema, PreparePlan(**plan), kind)

    sides = dict(zip("abnz", SIDES, strict=True))
    records, schema = hand_made(columns, None, {**sides, "y": Role.TARGET})
    return [
        fit_boxes(TrainRecords(records), schema, PictureForm(8, 9, 3), "c"),
        fit("class", "y"),
        fit("number", "n", numbers="standard", categories="one-hot", components=2, target="log"),
        fit("labels", "yz", numbers="robust", select=3),
    ]


def steps_of(value):
    if is_dataclass(value):
        if type(value).__name__.startswith("Fitted"):
            yield value
        for field in fields(value):
            yield from steps_of(getattr(value, field.name))
    elif isinstance(value, tuple):
        for inner in value:
            yield from steps_of(inner)


STEPS = {type(step).__name__: step for prepared in everything_fitted() for step in steps_of(prepared)}


def test_every_fitted_type_is_looked_at_here():
    assert sorted(STEPS) == FITTED


@pytest.mark.parametrize("name", FITTED)
def test_a_fitted_step_survives_json_exactly(name):
    step = STEPS[name]
    text = json.dumps(step.to_mapping(), allow_nan=False)
    again = type(step).from_mapping(json.loads(text))
    assert json.dumps(again.to_mapping()) == text
    for field in fields(step):
        old, new = getattr(step, field.name), getattr(again, field.name)
        if isinstance(old, np.ndarray):
            assert old.dtype == new.dtype
            assert old.tobytes() == new.tobytes()
        elif not is_dataclass(old):
            assert old == new


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_only_fitted_types_are_applied_and_only_the_others_are_fitted(name):
    assert hasattr(CLASSES[name], "apply") == name.startswith("Fitted")
    assert not (name.startswith("Fitted") and hasattr(CLASSES[name], "fit"))


@pytest.mark.parametrize("name", [name for name in sorted(CLASSES) if hasattr(CLASSES[name], "fit")])
def test_steps_are_fitted_on_training_records_only(name):
    parameters = list(inspect.signature(CLASSES[name].fit).parameters.values())
    assert parameters[1].name == "train"
    assert parameters[1].annotation is TrainRecords


def test_only_the_split_makes_training_records():
    makers = set()
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "TrainRecords" in text else ():
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                makers |= {path.relative_to(SOURCE).as_posix()} if name == "TrainRecords" else set()
    assert makers == {"data/split.py"}
