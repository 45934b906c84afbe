"""Tables at the edge: every check answers, and none fails."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from diagnosis.tables import evidence_of, records_of, stream, thirds
from espalier.core.finding import Severity
from espalier.core.schema import Role
from espalier.diagnosis import evidence
from espalier.diagnosis.examine import examine

ROWS = 60


def base(**more):
    draws = stream()
    return {"n": draws.normal(size=ROWS), "c": draws.choice(["p", "q"], ROWS), "y": draws.choice(["a", "b"], ROWS)} | more


def nothing(dtype):
    return pl.Series([None] * ROWS, dtype=dtype)


ODD = {
    "no rows": {name: values[:0] for name, values in base().items()},
    "one row": {name: values[:1] for name, values in base().items()},
    "three rows": {name: values[:3] for name, values in base().items()},
    "no input": {"y": base()["y"]},
    "one class": base(y=["a"] * ROWS),
    "a class in each row": base(y=[f"class {i}" for i in range(ROWS)]),
    "a constant number as target": base(y=[2.0] * ROWS),
    "no known target": base(y=nothing(pl.String)),
    "no known number as target": base(y=nothing(pl.Float64)),
    "targets with holes": base(y=["a", None, "b"] * 20),
    "number targets with holes": base(y=[1.0, None, 2.5] * 20),
    "empty columns": base(e=nothing(pl.Float64), f=nothing(pl.String), g=nothing(pl.Datetime("us"))),
    "one known cell": base(e=[None] * 59 + [1.0], f=[None] * 59 + ["x"]),
    "constant columns": base(e=[1.0] * ROWS, f=["x"] * ROWS, g=[dt.datetime(2024, 1, 1)] * ROWS),
    "equal rows": {"n": [1.0] * ROWS, "c": ["p"] * ROWS, "y": ["a", "b"] * 30},
    "truth values": base(e=stream().random(ROWS) < 0.5),
    "whole numbers": base(e=stream().integers(0, 9, ROWS)),
    "infinite numbers": base(e=[np.inf, -np.inf, np.nan] * 20),
    "huge numbers": base(e=stream().normal(size=ROWS) * 1e300, f=stream().normal(size=ROWS) * 1e-300),
    "odd names": base() | {"a.b": base()["n"], "it's {x}": base()["c"], " ": base()["n"] * 2, "한글": base()["c"]},
    "dates alone": {"d": [dt.datetime(2024, 1, 1) + dt.timedelta(days=i) for i in range(ROWS)], "y": base()["y"]},
    "equal dates": base(d=[dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2)] * 30),
    "groups of one": base(patient=[f"P{i}" for i in range(ROWS)]),
    "one group": base(patient=["P1"] * ROWS),
    "groups with holes": base(patient=["P1", None, "P2"] * 20),
}


@pytest.mark.parametrize("name", sorted(ODD))
@pytest.mark.parametrize("role", [Role.INPUT, Role.GROUP, Role.TIME, Role.IDENTIFIER])
def test_every_check_answers_before_there_is_a_plan(name, role):
    settings = {one: role for one in ("patient", "d", "e") if one in ODD[name] and role is not Role.INPUT}
    for finding in examine(evidence_of(ODD[name], **settings)):
        assert finding.sentence
        assert "nan" not in finding.sentence.replace("'nan'", "")


@pytest.mark.parametrize("name", sorted(set(ODD) - {"no rows", "one row", "three rows"}))
@pytest.mark.parametrize("method", ["random", "files", "time"])
def test_every_check_answers_when_there_are_parts(name, method):
    frame = pl.DataFrame(ODD[name])
    column = frame.columns[0] if method == "time" else None
    for finding in examine(evidence_of(ODD[name], method=method, split_column=column, splits=thirds(ROWS))):
        assert isinstance(finding.severity, Severity)


def test_parts_without_rows_are_looked_at_too():
    records = records_of(pl.DataFrame(base()))
    none = records.take(np.zeros(0, dtype=np.int64))
    assert isinstance(examine(evidence_of(base(), method="files", splits=(records, none, none))), tuple)


def test_of_a_wide_table_the_first_columns_are_looked_at(monkeypatch):
    monkeypatch.setattr(evidence, "MAX_COLUMNS", 50)
    draws = stream().normal(size=(200, ROWS))
    columns = {f"x{i}": draws[i] for i in range(200)}
    answers = stream(1).choice(["a", "b"], ROWS)
    leak = {"leak": np.where(answers == "a", "p", "q")}
    first = {finding.id for finding in examine(evidence_of({**leak, **columns, "y": answers}))}
    last = {finding.id for finding in examine(evidence_of({**columns, **leak, "y": answers}))}
    assert first - last == {"D16-target-in-one-column"}
    assert "D19-few-rows" in last
