"""Signs in a split: the cases beyond the pair of each check."""

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from diagnosis.examples import drifting, hours, parts_differ, parts_overlap_in_time, patients, plain
from diagnosis.examples import neighbouring_lines as neighbouring
from diagnosis.tables import NUM_ROWS, evidence_of, numbers, plan_of, records_of, stream, thirds, yes_no
from espalier.core.finding import Severity
from espalier.core.plan import edit
from espalier.core.schema import Column, Kind, Role
from espalier.diagnosis.checks.data import (
    class_missing_in_part,
    group_on_both_sides,
    hidden_group,
    near_copies,
    neighbouring_lines,
    rows_in_two_parts,
    time_ignored,
)
from espalier.diagnosis.checks.data import (
    parts_differ as differ,
)
from espalier.diagnosis.checks.data import (
    parts_overlap_in_time as overlap,
)


def coarse_parts(extra=0):
    """Return coarse rows in three parts; `extra` rows of valid are copied from train."""
    draws = stream(1)
    frame = pl.DataFrame({f"c{i}": draws.choice(list("abcdef"), 600) for i in range(5)} | {"y": draws.choice(["p", "q"], 600)})
    train, valid, test = thirds(600)
    valid = np.concatenate([valid[: len(valid) - extra], train[:extra]])
    return evidence_of(frame.to_dict(as_series=False), method="files", splits=(train, valid, test))


def test_equal_rows_of_fine_columns_in_two_parts_stop():
    train, valid, test = thirds(NUM_ROWS)
    finding = rows_in_two_parts.check(evidence_of(plain(), method="files", splits=(train, valid, [*test, *train[:2]])))
    assert finding.severity is Severity.STOP
    assert finding.evidence["num_shared"] == {"test": 2}
    assert finding.repairs[0].changes["split.method"] == "random"


def test_columns_that_the_plan_leaves_out_make_no_equal_rows():
    texts = [f"remark {i % 50}" for i in range(NUM_ROWS)]
    columns = plain(remark=texts)
    evidence = evidence_of({"remark": texts, "y": columns["y"]}, method="files", splits=thirds(NUM_ROWS))
    assert rows_in_two_parts.check(evidence) is not None
    ignored = edit(evidence.plan, {"schema.columns.remark.role": "ignored"}, "free text")
    assert rows_in_two_parts.check(replace(evidence, plan=ignored)) is None


def test_rows_that_only_look_alike_to_the_model_are_no_copies_in_two_parts():
    draws = stream(1)
    columns = {"c": draws.choice(["a", "b"], 600), "name": [f"n{i}" for i in range(600)], "y": draws.choice(["p", "q"], 600)}
    assert rows_in_two_parts.check(evidence_of(columns, method="files", splits=thirds(600), name=Role.IDENTIFIER)) is None


def test_the_name_of_the_part_hides_no_copies():
    columns = plain(part=["train", "test"] * (NUM_ROWS // 2))
    columns = {name: np.repeat(np.asarray(column)[::2], 2) if name != "part" else column for name, column in columns.items()}
    positions = np.arange(NUM_ROWS)
    splits = (positions[::2][:150], positions[::2][150:], positions[1::2])
    evidence = evidence_of(columns, method="column", split_column="part", splits=splits, part=Role.IDENTIFIER)
    finding = rows_in_two_parts.check(evidence)
    assert finding.evidence["num_shared"] == {"test": NUM_ROWS // 2}
    assert "equal in every column but the target" in finding.sentence


@pytest.mark.parametrize(
    ("changes", "fires"),
    [
        ({"data.valid": "valid.csv"}, True),
        ({"data.test": "test.csv"}, True),
        ({"data.valid": "valid.csv", "data.test": "test.csv"}, False),
    ],
)
def test_neighbouring_lines_are_looked_for_where_a_part_is_dealt_out_of_the_file(changes, fires):
    evidence = neighbouring(True)
    plan = edit(plan_of(evidence.schema, "files"), changes, "test")
    assert (neighbouring_lines.check(replace(evidence, plan=plan)) is not None) == fires


@pytest.mark.parametrize(("names", "fires"), [(["train", "test"], True), (["train", "valid", "test", "train"], False)])
def test_neighbouring_lines_are_looked_for_where_a_column_names_no_valid_part(names, fires):
    evidence = neighbouring(True)
    frame = evidence.records.frame.with_columns(part=pl.Series(names * (800 // len(names))))
    schema = replace(evidence.schema, columns={**evidence.schema.columns, "part": Column(Kind.CATEGORY, Role.IDENTIFIER)})
    known = replace(evidence, records=replace(evidence.records, frame=frame), schema=schema)
    found = neighbouring_lines.check(replace(known, plan=plan_of(schema, "column", "part")))
    assert (found is not None) == fires


@pytest.mark.parametrize(
    ("method", "said"),
    [("time", "that would be looking ahead"), ("group", "Do not tear groups apart"), ("files", "deal all rows")],
)
def test_parts_that_differ_are_answered_as_their_method_allows(method, said):
    evidence = parts_differ(True)
    plan = replace(evidence.plan, split=replace(evidence.plan.split, method=method, column="x0"))
    assert said in differ.check(replace(evidence, plan=plan)).advice


def test_a_column_without_any_number_in_one_part_has_no_mean_to_tell():
    evidence = parts_differ(True)
    valid = evidence.splits.valid
    empty = replace(valid, frame=valid.frame.with_columns(x2=pl.lit(None, dtype=pl.Float64)))
    before = differ.check(evidence).evidence
    found = differ.check(replace(evidence, splits=replace(evidence.splits, valid=empty))).evidence
    assert "x2" in before["columns"] and before["means"]["x2"][1] > before["means"]["x2"][0]
    assert "x2" in found["columns"] and "x2" not in found["means"]


def test_equal_rows_of_coarse_columns_are_a_note_unless_there_are_too_many():
    assert rows_in_two_parts.check(coarse_parts()).severity is Severity.NOTE
    assert rows_in_two_parts.check(coarse_parts(extra=40)).severity is Severity.STOP


def test_rows_that_repeat_in_time_are_not_dealt_anew():
    train, valid, test = thirds(NUM_ROWS)
    evidence = evidence_of(
        plain(when=hours(NUM_ROWS)), method="time", split_column="when", splits=(train, [*valid, train[0]], test)
    )
    assert rows_in_two_parts.check(evidence).repairs == ()


def test_near_copies_are_not_looked_for_in_drawn_parts():
    evidence = evidence_of(plain(), method="random", splits=thirds(NUM_ROWS))
    assert near_copies.check(evidence) is None


def test_copies_with_one_category_changed_are_near_copies():
    train, valid, test = thirds(NUM_ROWS)
    frame = pl.DataFrame(plain())
    changed = frame[train[:12]].with_columns(colour=pl.lit("another"))
    parts = pl.concat([frame[train], frame[valid], changed, frame[test]])
    sizes = np.cumsum([len(train), len(valid) + len(changed)])
    splits = np.split(np.arange(parts.height), sizes)
    finding = near_copies.check(evidence_of(parts.to_dict(as_series=False), method="files", splits=splits))
    assert finding.evidence["num_rows"] == 12
    assert finding.evidence["near_in_train"] == 0


def test_exact_copies_are_left_to_the_exact_check():
    train, valid, test = thirds(NUM_ROWS)
    assert near_copies.check(evidence_of(plain(), method="files", splits=(train, [*valid, *train[:20]], test))) is None


def test_a_broken_promise_to_keep_groups_together_stops():
    columns = patients(effect=0)
    evidence = evidence_of(columns, method="group", split_column="patient", splits=thirds(480), patient=Role.GROUP)
    assert group_on_both_sides.check(evidence).severity is Severity.STOP


def test_a_declared_group_stops_where_it_matters_and_warns_where_it_does_not():
    for effect, severity in ((2, Severity.STOP), (0, Severity.WARN)):
        evidence = evidence_of(patients(effect), method="random", splits=thirds(480), patient=Role.GROUP)
        finding = group_on_both_sides.check(evidence)
        assert finding.severity is severity
        assert finding.evidence["num_shared_groups"].keys() == {"valid", "test"}
        assert {"score_with_leak", "score_without_leak"} <= finding.evidence.keys()


def test_a_declared_group_is_measured_before_there_is_a_split():
    finding = hidden_group.check(evidence_of(patients(effect=2), patient=Role.GROUP))
    assert finding.evidence["score_with_leak"] > finding.evidence["score_without_leak"] + 0.2
    assert finding.repairs[0].changes["split.column"] == "patient"


def test_a_group_that_the_split_keeps_together_is_no_finding():
    evidence = evidence_of(patients(effect=2), method="group", split_column="patient")
    assert hidden_group.check(evidence) is None


def test_many_small_groups_are_found_without_a_telling_name():
    columns = patients(effect=2)
    columns["z"] = columns.pop("patient")
    assert hidden_group.check(evidence_of(columns)).columns == ("z",)


def people_without_a_name(effect):
    """Return rows of 80 people: three measured columns are the same in all rows of one, and with an effect the answer too."""
    draws = stream(16)
    people = draws.permutation(np.repeat(np.arange(80), 6))
    own = draws.normal(size=(80, 3)).round(2)[people]
    columns = {f"own{i}": own[:, i] for i in range(3)} | {"x": draws.normal(size=len(people))}
    return {**columns, "y": own[:, 0] + effect * draws.normal(size=80)[people] + 0.5 * draws.normal(size=len(people))}


def test_people_are_known_by_measured_columns_that_repeat_together():
    finding = hidden_group.check(evidence_of(people_without_a_name(effect=3)))
    assert finding.columns[0].startswith("own")
    assert hidden_group.check(evidence_of(people_without_a_name(effect=0))) is None


def test_columns_that_name_groups_are_tried_before_measured_ones():
    people = people_without_a_name(effect=3)
    named = {"z": [f"k{one}" for one in people["own0"] + 100 * people["own1"]]}
    more = {f"copy{i}": people["own0"] * (i + 2) for i in range(3)}
    assert hidden_group.check(evidence_of(people | more | named)).columns == ("z",)


def test_a_measured_column_that_repeats_alone_is_no_group():
    columns = people_without_a_name(effect=3)
    draws = stream(17)
    columns |= {name: draws.permutation(columns[name]) for name in ("own1", "own2")}
    assert hidden_group.check(evidence_of(columns)) is None


def test_an_ordinary_category_is_meant_to_be_learnt():
    draws = stream(2)
    district = draws.integers(0, 25, 1000)
    inputs = draws.normal(size=(25, 3))[district] + 0.1 * draws.normal(size=(1000, 3))
    columns = {f"x{i}": inputs[:, i] for i in range(3)} | {"district": [f"d{one}" for one in district]}
    assert hidden_group.check(evidence_of({**columns, "y": draws.normal(size=25)[district]})) is None


def test_time_is_ignored_by_a_random_split_only():
    columns = {**numbers(3), "when": hours(NUM_ROWS), "y": drifting(0.9)}
    assert time_ignored.check(evidence_of(columns, method="random")) is not None
    assert time_ignored.check(evidence_of(columns, method="time", split_column="when")) is None


def test_the_order_of_the_rows_does_not_matter_for_time():
    order = stream(3).permutation(NUM_ROWS)
    columns = {**numbers(3), "when": hours(NUM_ROWS)[order], "y": drifting(0.9)[order]}
    assert time_ignored.check(evidence_of(columns)).evidence["autocorrelation"] > 0.6


def test_classes_that_come_in_stretches_follow_time():
    columns = {**numbers(3), "when": hours(NUM_ROWS), "y": np.where(drifting(0.95) > 0, "up", "down")}
    assert time_ignored.check(evidence_of(columns)) is not None


def test_a_date_that_is_a_fact_about_the_row_stays_quiet():
    built = np.sort(stream(4).integers(0, 20_000, NUM_ROWS))
    dates = [dt.datetime(1950, 1, 1) + dt.timedelta(days=int(one)) for one in built]
    price = built / 5_000 + stream(5).normal(size=NUM_ROWS)
    assert time_ignored.check(evidence_of({**numbers(3), "built": dates, "y": price})) is None
    declared = evidence_of({**numbers(3), "built": dates, "y": price}, built=Role.TIME)
    assert time_ignored.check(declared) is not None


def test_a_date_of_birth_orders_nothing():
    assert time_ignored.check(evidence_of({**numbers(3), "birth_date": hours(NUM_ROWS), "y": drifting(0.9)})) is None


def test_several_subjects_at_one_time_are_followed_one_by_one():
    walks = np.stack([drifting(0.95, 100) + stream(one).normal() for one in range(8)])
    order = np.argsort(np.tile(np.arange(100), 8), kind="stable")
    columns = {
        "x": stream(9).normal(size=800)[order],
        "store_id": np.repeat([f"s{i}" for i in range(8)], 100)[order],
        "when": np.tile(hours(100), 8)[order],
        "y": (walks * np.array([1, -1] * 4)[:, None]).reshape(-1)[order],
    }
    assert time_ignored.check(evidence_of(columns)) is not None


def test_parts_in_the_order_of_time_pass_and_given_parts_are_a_warning():
    assert overlap.check(parts_overlap_in_time(True)).severity is Severity.STOP
    given = evidence_of(plain(when=hours(NUM_ROWS)), method="files", splits=thirds(NUM_ROWS), when=Role.TIME)
    finding = overlap.check(given)
    assert finding.severity is Severity.WARN
    assert finding.repairs[0].changes == {"split.column": "when", "split.method": "time"}


def test_the_column_that_moved_is_named_first():
    finding = differ.check(parts_differ(True))
    assert finding.columns[0] == "x2"
    low, high = finding.evidence["means"]["x2"]
    assert high - low > 1


def test_parts_that_follow_in_time_may_differ():
    frame = pl.DataFrame(plain(when=hours(NUM_ROWS)))
    frame = frame.with_columns(x2=pl.col("x2") + pl.int_range(pl.len()) / 100)
    parts = np.split(np.arange(NUM_ROWS), [240, 320])
    evidence = evidence_of(frame.to_dict(as_series=False), method="time", split_column="when", splits=parts)
    assert differ.check(evidence).severity is Severity.NOTE


def test_a_class_that_only_valid_lacks_is_a_note():
    answers = np.array(["a", "b", "c"])[np.arange(NUM_ROWS) % 3]
    train, valid, test = thirds(NUM_ROWS)
    evidence = evidence_of(plain(y=answers), method="random", splits=(train, valid[answers[valid] != "b"], test))
    finding = class_missing_in_part.check(evidence)
    assert finding.severity is Severity.NOTE
    assert finding.repairs[0].changes == {"split.method": "stratified"}


@pytest.mark.parametrize("order", ["by class", "by a column", "as they come"])
def test_sorted_files_are_not_taken_for_recordings(order):
    for seed in range(3):
        columns = numbers(5, 600, seed=seed)
        answers = yes_no(columns["x0"], seed=seed + 30)
        keys = {"by class": answers, "by a column": columns["x0"], "as they come": np.arange(600)}[order]
        place = np.argsort(keys, kind="stable")
        evidence = evidence_of({name: values[place] for name, values in columns.items()} | {"y": answers[place]})
        assert neighbouring_lines.check(evidence) is None


def test_a_recording_is_seen_in_the_training_part_of_a_random_split_too():
    draws = stream(8)
    walk = (draws.normal(size=(40, 6)).repeat(20, axis=0)) + 0.05 * draws.normal(size=(800, 6)).cumsum(axis=0)
    columns = {f"x{i}": walk[:, i] for i in range(6)} | {"y": draws.normal(size=40).repeat(20)}
    assert neighbouring_lines.check(evidence_of(columns, method="random", splits=thirds(800))) is not None
    assert records_of(pl.DataFrame(columns)).rows[0] == 2
