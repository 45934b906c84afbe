import time
from dataclasses import replace

import numpy as np
import pytest

from espalier import process
from espalier.evaluation.baselines.fit import fit_baseline
from espalier.stages import rivals as module
from espalier.stages.rivals import Rivals
from small_runs import SHORT, write_table


@pytest.fixture
def rivals(tmp_path):
    from espalier.data.prepare.preparation import fit_preparation
    from espalier.stages.parts import deal_parts

    made = process.draft(write_table(tmp_path / "table.csv", "sold"), target=["sold"], changes=SHORT)
    [splits] = deal_parts(made.plan, made.table, None)[1]
    prepared = fit_preparation(splits.train, made.plan.schema, made.plan.prepare, "class", made.table.asked().classes)
    train = splits.train.records
    return Rivals(made.plan, prepared, prepared.inputs(train), prepared.target_values(train), splits.valid)


@pytest.fixture
def allowances(monkeypatch):
    """Return a list of what each fit was allowed; less than a second counts as too little time."""
    seen = []

    def fit(name, table, seed, allowed):
        seen.append((name, allowed))
        return replace(fit_baseline(name, table, seed), lacked_time=allowed < 1)

    monkeypatch.setattr(module, "fit_baseline", fit)
    return seen


def test_without_an_end_each_is_fitted_once(rivals):
    assert [one.name for one in rivals.fit()] == ["majority class", "linear model"]
    assert list(rivals.fit()) == []
    assert list(rivals.fitted) == ["majority class", "linear model"]
    assert all(list(one.valid_scores) == ["roc_auc"] for one in rivals.fitted.values())


def test_the_time_is_shared_and_what_one_leaves_goes_to_the_next(rivals, allowances):
    list(rivals.fit(time.monotonic() + 10))
    assert [name for name, _ in allowances] == ["majority class", "linear model"]
    assert allowances[0][1] == pytest.approx(5, abs=0.5)
    assert allowances[1][1] > 9


def test_those_that_lacked_time_are_fitted_again_with_twice_as_much(rivals, allowances):
    list(rivals.fit(time.monotonic()))
    assert [allowed for _, allowed in allowances] == [0, 0]
    assert list(rivals.fit(time.monotonic())) == []
    assert len(list(rivals.fit(time.monotonic() + 20))) == 2
    assert list(rivals.fit(time.monotonic() + 20)) == []
    assert list(rivals.fitted) == ["majority class", "linear model"]


def test_a_little_more_time_is_no_reason_to_fit_again(rivals, allowances):
    list(rivals.fit(time.monotonic() + 1))
    before = len(allowances)
    assert list(rivals.fit(time.monotonic() + 0.9)) == []
    assert len(allowances) == before
    assert np.isfinite([one.fit_seconds for one in rivals.fitted.values()]).all()
