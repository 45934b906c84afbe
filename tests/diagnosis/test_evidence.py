"""Evidence: samples, repeated rows, and the sealed test part."""

from dataclasses import replace

import numpy as np
import polars as pl

from diagnosis.examples import PAIRS, plain
from diagnosis.tables import evidence_of, records_of, stream, thirds
from espalier.core.records import SealedRecords, Splits
from espalier.diagnosis.evidence import MAX_PROBE_ROWS, MAX_SAMPLE_ROWS, drawn
from espalier.diagnosis.examine import examine


def test_repeats_hold_each_group_of_equal_rows_side_by_side():
    repeats = evidence_of({"x": [1.0, 2.0, 1.0, 3.0, 2.0, 1.0], "y": ["a"] * 6}).repeats
    groups = [set(repeats.positions[repeats.group == one].tolist()) for one in range(repeats.num_groups)]
    assert sorted(groups, key=len) == [{1, 4}, {0, 2, 5}]


def test_unique_rows_have_no_repeats():
    repeats = evidence_of({"x": [1.0, 2.0], "y": ["a", "b"]}).repeats
    assert len(repeats.positions) == 0
    assert repeats.num_groups == 0


def test_equal_rows_of_fine_columns_are_copies_and_of_coarse_ones_are_not():
    fine = stream().normal(size=(3, 300))
    fine[:, 10:20] = fine[:, 0:1]
    assert evidence_of({f"x{i}": fine[i] for i in range(3)}, target="none").are_copies
    coarse = stream().integers(0, 3, (3, 300)).astype(float)
    assert not evidence_of({f"x{i}": coarse[i] for i in range(3)}, target="none").are_copies


def test_samples_are_bounded_ordered_and_the_same_on_every_call():
    records = records_of(pl.DataFrame({"x": np.arange(30_000.0)}))
    sample = drawn(records, MAX_SAMPLE_ROWS)
    assert len(sample) == MAX_SAMPLE_ROWS
    assert (np.diff(sample.rows) > 0).all()
    np.testing.assert_array_equal(sample.rows, drawn(records, MAX_SAMPLE_ROWS).rows)


def test_the_probe_has_no_repeats_and_no_row_without_target():
    answers = ["a", "b", None] * 3000
    evidence = evidence_of({"x": np.arange(9000) // 2 * 1.0, "y": answers})
    assert len(evidence.probe) <= MAX_PROBE_ROWS
    assert evidence.probe.frame["y"].null_count() == 0
    assert evidence.probe.frame["x"].is_unique().all()


def test_statistics_come_from_the_training_part_when_there_is_one():
    train, valid, test = thirds(400)
    evidence = evidence_of(plain(), splits=(train, valid, test))
    assert set(evidence.sample.rows) == set(train + 2)


def test_no_check_opens_the_test_part_or_looks_at_its_targets():
    opened = []
    evidence = evidence_of(plain(), method="files", splits=thirds(400))
    test = evidence.splits.test.hidden
    shuffled = replace(test, frame=test.frame.with_columns(y=pl.Series(stream(3).permutation(test.frame["y"].to_numpy()))))
    first, second = (
        replace(evidence, splits=Splits(evidence.splits.train, evidence.splits.valid, SealedRecords(one, opened.append)))
        for one in (test, shuffled)
    )
    assert examine(first) == examine(second)
    assert opened == []


def test_checks_leave_the_evidence_as_it_was():
    evidence = PAIRS["target_in_one_column"](True)
    before = evidence.records.frame.clone()
    examine(evidence)
    assert evidence.records.frame.equals(before)
