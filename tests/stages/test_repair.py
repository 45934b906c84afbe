"""Repairs of small runs: what is proved is kept, what is not is rolled back, and the test part stays shut."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from espalier.core.errors import PlanError, SplitError
from espalier.core.finding import Finding, Repair, Severity
from espalier.core.plan import edit
from espalier.core.run_folder import RunFolder
from espalier.diagnosis.cures import Cure
from espalier.diagnosis.texts.catalogue import KOREAN
from espalier.diagnosis.texts.saying import say
from espalier.stages.proof import BROKEN, Attempt, Ground, Proof, prove, shows
from espalier.stages.redeal import known_rows, redeal
from espalier.stages.repair import Effort, Outcome, Proposal, repair_run, root_cause_first
from espalier.stages.table import load_planned
from espalier.stages.trial import answer_constantly, trial
from small_runs import finish, made_table, run_of

EFFORT = Effort(seconds=600, num_pairs=5)
LEAK = "D16-target-in-one-column"
BLIND = Finding("G02-underfitting", "Sick.", Severity.WARN)  # no trial shows it


def leaking_table(num_rows=300):
    frame = made_table(num_rows)
    told = np.where(frame["sold"] == "yes", 1.0, 0.0) + 0.01 * np.random.default_rng(5).normal(size=num_rows)
    return frame.with_columns(paid=pl.Series(told.round(4)))


@pytest.fixture(scope="module")
def leaking(tmp_path_factory):
    return run_of(tmp_path_factory.mktemp("leak"), "sold", {"learning.epochs": 6, "diagnosis.stop": False}, leaking_table())


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return run_of(tmp_path_factory.mktemp("plain"), "sold", {"learning.epochs": 6}, made_table(300))


def repaired(run, findings, effort=EFFORT, plan=None):
    before = run.folder.openings.read_bytes()
    result, told = finish(repair_run(plan or run.plan, findings, run.folder, effort))
    assert run.folder.openings.read_bytes() == before, "the test part was opened"
    assert [one for one in told if isinstance(one, Outcome)] == list(result.outcomes)
    assert [one for one in told if isinstance(one, Proposal)] == [one.proposal for one in result.outcomes]
    return result


def dealt(run, half, seed, changes=None):
    plan = edit(run.plan, changes, "another split") if changes else run.plan
    return redeal(plan, load_planned(plan), known_rows(run.folder, plan), half, seed)


def test_a_leak_is_closed_although_the_score_falls(leaking):
    found = [one for one in leaking.findings if one.id == LEAK]
    result = repaired(leaking, found)
    outcome = result.outcomes[0]
    assert outcome.is_accepted and outcome.closes_leak
    assert np.median(outcome.proof.after) < np.median(outcome.proof.before) - 0.01
    assert outcome.why.startswith("The leak is closed: reported roc auc ")
    assert ", honest 0." in outcome.why and outcome.why.endswith("D16 is gone.")
    assert result.plan.schema.columns["paid"].role == "ignored"
    assert outcome.why in result.plan.reasons["schema.columns.paid.role"]
    assert outcome.num_candidates == 0


def test_leaving_out_another_column_does_not_close_the_leak(leaking):
    wrong = Finding(LEAK, "Leak.", Severity.WARN, repairs=(Repair("leave out 'age'", {"schema.columns.age.role": "ignored"}),))
    result = repaired(leaking, [wrong])
    assert not result.is_changed and result.plan == leaking.plan
    assert result.outcomes[0].why == "The leak is not closed by it: D16 is still there when the rows are dealt anew."
    assert result.num_trainings == 0


def test_a_leak_that_no_new_deal_shows_is_left_alone(plain):
    alarm = Finding(LEAK, "Leak.", Severity.WARN, repairs=(Repair("leave out 'size'", {"schema.columns.age.role": "ignored"}),))
    result = repaired(plain, [alarm])
    assert not result.is_changed
    assert result.outcomes[0].why == "When the rows are dealt anew D16 no longer shows, so there is nothing to close."


def test_a_false_repair_is_rolled_back(plain):
    harm = Finding("D04-missing-values", "Gaps.", Severity.WARN, repairs=(Repair("x", {"schema.columns.age.role": "ignored"}),))
    result = repaired(plain, [harm])
    assert not result.is_changed and result.plan == plain.plan
    assert result.outcomes[0].why.startswith("A first training came no further: roc auc 0.")
    assert (result.num_trainings, result.num_candidates) == (2, 1)


def test_a_rate_that_breaks_everything_is_cured_and_its_symptoms_are_not_tried(plain):
    sick = edit(plain.plan, {"learning.learning_rate": 1e-6, "learning.epochs": 3}, "a fault")
    symptom = replace(BLIND, cause="T05-learning-rate-too-low")
    result = repaired(plain, [Finding("T05-learning-rate-too-low", "Slow.", Severity.WARN), symptom], plan=sick)
    outcome = result.outcomes[0]
    assert outcome.is_accepted
    assert outcome.proof.gain > 0.1 and outcome.proof.p_value == 1 / 32
    assert "5 of 5 paired trainings were better: median roc auc" in outcome.why
    assert result.plan.learning.learning_rate is None
    assert outcome.num_candidates == 1
    assert symptom.id not in {one.proposal.finding.id for one in result.outcomes}


def test_a_training_that_breaks_down_counts_as_the_best_constant_answer(plain):
    sick = edit(
        plain.plan, {"learning.learning_rate": 1e30, "learning.clip_norm": None, "learning.optimizer": "sgd"}, "a fault"
    )
    ground = Ground(sick, known_rows(plain.folder, sick))
    attempt = ground.attempt(sick, "A", 0)
    assert attempt.broken.startswith("The training loss became")
    assert attempt.score == 0.5 and attempt.signs == {BROKEN}
    assert ground.attempt(sick, "A", 0) is attempt and ground.num_trained == 1


def test_a_run_that_broke_down_is_repaired_without_a_finding(plain, tmp_path):
    folder = RunFolder(tmp_path)
    folder.split.write_bytes(plain.folder.split.read_bytes())
    sick = edit(
        plain.plan, {"learning.learning_rate": 1e30, "learning.clip_norm": None, "learning.optimizer": "sgd"}, "a fault"
    )
    result, _ = finish(repair_run(sick, [], folder, EFFORT))
    assert result.outcomes[0].proposal.finding.id == BROKEN
    assert result.is_changed


def test_too_little_time_is_said_and_nothing_is_accepted(plain, monkeypatch):
    sick = edit(plain.plan, {"learning.learning_rate": 1e-6}, "a fault")
    found = [Finding("T05-learning-rate-too-low", "Slow.", Severity.WARN)]
    result = repaired(plain, found, Effort(seconds=1e-9), sick)
    assert say(result.unlooked) == "T05-learning-rate-too-low: not tried, the time was used up."
    times = iter([0.0, 0.0, 9.99])  # when it begins, at the first cure, and before its proof
    monkeypatch.setattr("espalier.stages.repair.time", SimpleNamespace(monotonic=lambda: next(times, 11.0)))
    result = repaired(plain, found, Effort(seconds=10), sick)
    assert not result.is_changed
    assert re.fullmatch(
        r"Not proved: 10 more trainings would take about \d+ s, and 0 s are left. Give more time with --budget.",
        result.outcomes[0].why,
    )


def test_no_judged_row_is_learnt_from_and_the_halves_share_none(plain):
    test_rows = set(pl.read_parquet(plain.folder.split).filter(pl.col("part") == "test")["row"].to_list())
    judged = {"A": set(), "B": set()}
    for half in judged:
        for seed in range(4):
            deal = dealt(plain, half, seed)
            parts = [set(one.rows.tolist()) for one in (deal.train.records, deal.valid, deal.judged)]
            assert not parts[0] & parts[1] and not parts[1] & parts[2] and not parts[0] & parts[2]
            assert not test_rows & set.union(*parts)
            judged[half] |= parts[2]
    assert not judged["A"] & judged["B"]
    assert len(judged["A"]) > 80, "seeds draw other rows"


def test_leaks_come_before_all_else_and_notes_last():
    ids = ("G02-underfitting", "T06-learning-rate-too-high", "T11-not-learning", "S04-hidden-group")
    found = [Finding(one, "Sick.", Severity.WARN) for one in ids]
    found.append(Finding("D04-missing-values", "Gaps.", Severity.NOTE))
    ordered = [one.id[:3] for one in root_cause_first(found)]
    assert ordered[0] == "S04" and ordered[-1] == "D04"
    assert ordered.index("T06") < ordered.index("T11")


def test_groups_stay_whole_and_time_is_judged_last(tmp_path):
    frame = made_table(300).with_columns(shop=pl.Series([f"shop {row % 30}" for row in range(300)]), day=pl.Series(range(300)))
    run = run_of(tmp_path, "sold", frame=frame)
    shop = {row + 2: row % 30 for row in range(300)}
    grouped = {"split.column": "shop", "split.method": "group", "schema.columns.shop.role": "group"}
    deal = dealt(run, "B", 0, grouped)
    sides = [{shop[row] for row in part.rows.tolist()} for part in (deal.train.records, deal.valid, deal.judged)]
    assert not sides[0] & sides[1] and not sides[0] & sides[2] and not sides[1] & sides[2]
    timed = {"split.column": "day", "split.method": "time", "schema.columns.day.role": "time"}
    early, late = dealt(run, "A", 0, timed), dealt(run, "B", 0, timed)
    assert early.train.records.rows.max() < early.valid.rows.min() < early.judged.rows.min()
    assert early.judged.rows.max() < late.judged.rows.min()


def test_given_parts_stay_as_they_are(tmp_path):
    parts = np.resize(["train", "train", "train", "valid", "test"], 300)
    frame = made_table(300).with_columns(part=pl.Series(parts))
    run = run_of(tmp_path, "sold", {"split.method": "column", "split.column": "part"}, frame)
    deals = [dealt(run, half, 0) for half in "AB"]
    for deal in deals:
        assert set(parts[deal.judged.rows - 2]) == {"valid"}
        assert set(parts[deal.train.records.rows - 2]) == set(parts[deal.valid.rows - 2]) == {"train"}
    assert sorted(np.concatenate([deal.judged.rows for deal in deals]) - 2) == np.flatnonzero(parts == "valid").tolist()


def test_rows_that_a_repair_drops_are_judged_all_the_same(plain):
    kept, dropped = dealt(plain, "A", 0), dealt(plain, "A", 0, {"clean.duplicates": "drop", "clean.conflicts": "drop"})
    assert kept.judged.rows.tolist() == dropped.judged.rows.tolist()


def test_too_few_rows_to_judge_on_are_refused(tmp_path):
    run = run_of(tmp_path, "sold", frame=made_table(90))
    with pytest.raises(SplitError, match=r"17 rows are left to judge a repair on; expected 20 or more"):
        repaired(run, [BLIND])


def test_folds_leave_no_row_to_try_repairs_on(plain):
    plan = edit(plain.plan, {"split.folds": 3}, "folds")
    with pytest.raises(PlanError, match=r"The run has 3 folds.*--set split.folds=null"):
        next(repair_run(plan, [BLIND], plain.folder, EFFORT))


@pytest.mark.parametrize("num", [4, 17])
def test_a_number_of_pairs_that_proves_nothing_is_refused(num):
    with pytest.raises(PlanError, match=f"{num} seeds are asked for; expected 5 to 16"):
        Effort(60, num)


def test_a_module_of_the_persons_own_is_refused(plain):
    plan = replace(plain.plan, model=replace(plain.plan.model, name="own"))
    with pytest.raises(PlanError, match="trained a module of your own"):
        next(repair_run(plan, [BLIND], plain.folder, EFFORT))


def proof(before, after, still=0, higher=True):
    return Proof("roc_auc", higher, tuple(before), tuple(after), still, (1.0, 1.0))


def test_a_gain_in_every_pair_is_a_gain_and_one_loss_of_five_is_none():
    assert proof([0.5] * 5, [0.6, 0.7, 0.8, 0.7, 0.6]).is_gain
    assert not proof([0.5] * 5, [0.6, 0.7, 0.8, 0.7, 0.49]).is_gain
    assert not proof([0.6] * 5, [0.5] * 5).is_gain


def test_of_errors_less_is_a_gain():
    better = proof([3.0, 3.1, 3.2, 2.9, 3.0], [2.0, 2.1, 2.0, 2.2, 1.9], higher=False)
    assert better.is_gain and better.gain == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("still", "healthy", "closed"), [(None, True, False), (0, True, True), (2, True, False), (3, False, False)]
)
def test_a_sign_must_be_gone_from_most_pairs_and_a_leak_from_all(still, healthy, closed):
    one = proof([0.5] * 5, [0.6] * 5, still)
    assert (one.is_healthy, one.is_closed) == (healthy, closed)


def test_a_sign_of_the_data_is_looked_for_without_a_training(leaking):
    ground = Ground(leaking.plan, known_rows(leaking.folder, leaking.plan))
    found = next(one for one in leaking.findings if one.id == LEAK)
    assert shows(ground, leaking.plan, found, "A", 0) is True
    assert shows(ground, found.repairs[0].apply(leaking.plan), found, "A", 0) is False
    assert shows(ground, leaking.plan, BLIND, "A", 0) is None
    assert ground.num_trained == 0


def test_a_watched_trial_keeps_what_the_doctor_found(plain):
    deal = dealt(plain, "A", 0)
    sick = edit(plain.plan, {"learning.learning_rate": 1e-6, "learning.epochs": 12}, "a fault")
    parts = (deal.train, deal.valid, deal.judged, ("no", "yes"))
    assert {one.id for one in trial(sick, *parts, watch=True).findings} >= {"T05-learning-rate-too-low"}
    assert trial(sick, *parts).findings == ()


def test_the_best_constant_answer_of_a_quantity_is_its_mean(tmp_path):
    run = run_of(tmp_path, "price", frame=made_table(200))
    deal = dealt(run, "A", 0)
    answer = answer_constantly(run.plan, deal.train, deal.judged)
    mean, truth = deal.train.records.frame["price"].mean(), deal.judged.frame["price"].to_numpy()
    assert answer.metric == "rmse" and not answer.higher_is_better
    assert answer.score == pytest.approx(np.sqrt(np.mean((truth - mean) ** 2)))


OPEN = [0.1, 0.1, 0.1, 0.1, -0.01]  # five pairs that leave it open


def ground_of(gains, signs=()):
    """Return a ground on which the repaired plan gains so much in each pair, and shows these signs."""
    found = tuple(Finding(one, "Sick.", Severity.WARN) for one in signs)

    def attempt(plan, half, pair, *, watch=True):
        return Attempt("roc_auc", True, 0.5 + (gains[pair] if plan == "new" else 0.0), 1.0, found)

    return SimpleNamespace(attempt=attempt)


@pytest.mark.parametrize(("last", "is_gain"), [(0.1, True), (-0.4, False)])
def test_pairs_that_leave_it_open_are_followed_by_five_more(last, is_gain):
    proof = prove(ground_of([*OPEN, 0.1, 0.1, 0.1, 0.1, last]), "old", "new", BLIND, 5)
    assert len(proof.gains) == 10 and proof.limit == pytest.approx(0.05 - 1 / 32)
    assert proof.is_gain is is_gain


@pytest.mark.parametrize("gains", [[0.1] * 5, [-0.1] * 5, [0.1, 0.1, -0.1, -0.1, 0.1]])
def test_pairs_that_are_clear_are_enough(gains):
    assert len(prove(ground_of(gains), "old", "new", BLIND, 5).gains) == 5


def test_a_cure_that_leaves_a_sign_waits_until_the_others_were_tried(plain, monkeypatch):
    signs = {0.3: (Finding("T08-saturated-units", "Sick.", Severity.WARN),)}
    scores = {None: 0.5, 0.3: 0.7, 0.01: 0.6}

    def attempt(ground, plan, half, pair, *, watch=True):
        rate = plan.learning.weight_decay if plan.learning.weight_decay in scores else None
        return Attempt("roc_auc", True, scores[rate], 1.0, signs.get(rate, ()))

    monkeypatch.setattr(Ground, "attempt", attempt)
    cures = tuple(Cure(Repair(f"decay {rate}", {"learning.weight_decay": rate})) for rate in (0.3, 0.01))
    monkeypatch.setattr("espalier.stages.repair.cures_of", lambda plan, finding: cures if finding.id == BLIND.id else ())
    result = repaired(plain, [BLIND])
    assert [(one.proposal.repair.name, one.is_postponed, one.is_accepted) for one in result.outcomes] == [
        ("decay 0.3", True, False),
        ("decay 0.01", False, True),
    ]
    assert "but T08 shows in it. Other cures are tried before this is proved." in result.outcomes[0].why


def test_what_a_repaired_plan_shows_is_cured_too(plain, monkeypatch):
    late = Finding("T08-saturated-units", "Sick.", Severity.WARN)

    def attempt(ground, plan, half, pair, *, watch=True):
        steps = (plan.learning.weight_decay == 0.3) + (plan.learning.clip_norm == 0.5)
        return Attempt("roc_auc", True, 0.5 + 0.1 * steps, 1.0, (late,) if steps == 1 else ())

    monkeypatch.setattr(Ground, "attempt", attempt)
    first, second = Cure(Repair("one", {"learning.weight_decay": 0.3})), Cure(Repair("two", {"learning.clip_norm": 0.5}))
    cures = {BLIND.id: (first,), late.id: (second,)}
    monkeypatch.setattr("espalier.stages.repair.cures_of", lambda plan, finding: cures.get(finding.id, ()))
    result = repaired(plain, [BLIND])
    accepted = [one.proposal.repair.name for one in result.outcomes if one.is_accepted]
    assert accepted == ["one", "two"]


def test_notes_on_the_data_are_left_when_what_was_wrong_is_cured(tmp_path):
    frame = made_table(300)
    holes = pl.Series([row % 5 < 2 for row in range(300)])
    run = run_of(tmp_path, "sold", {"learning.epochs": 6}, frame.with_columns(age=frame["age"].set(holes, None)))
    sick = edit(run.plan, {"learning.learning_rate": 1e-6, "learning.epochs": 3}, "a fault")
    cure = Repair("leave out 'age'", {"schema.columns.age.role": "ignored"})
    note = Finding("D04-missing-values", "Gaps.", Severity.NOTE, repairs=(cure,))
    result = repaired(run, [note, Finding("T05-learning-rate-too-low", "Slow.", Severity.WARN)], plan=sick)
    assert note.id not in {one.proposal.finding.id for one in result.outcomes}
    assert say(result.unlooked).startswith("D04-missing-values: not tried, for it is a note on the data")


def test_an_unusual_setting_is_the_first_note_to_be_tried():
    notes = [Finding(one, "Odd.", Severity.NOTE) for one in ("D04-missing-values", "G08-weak-segment", "D22-unusual-setting")]
    assert [one.id[:3] for one in root_cause_first(notes)] == ["D22", "G08", "D04"]


def test_what_became_of_a_repair_can_be_told_in_korean(plain):
    harm = Finding("D04-missing-values", "Gaps.", Severity.WARN, repairs=(Repair("x", {"schema.columns.age.role": "ignored"}),))
    assert say(repaired(plain, [harm]).outcomes[0].said, KOREAN).startswith("첫 학습이 더 나아지지 않았습니다. roc auc 0.")
