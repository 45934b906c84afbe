"""The pair of each check: evidence on which it must fire, and evidence like it on which it must be silent."""

from dataclasses import replace

import numpy as np
import polars as pl

from diagnosis.tables import NUM_ROWS, evidence_of, numbers, plan_of, records_of, stream, thirds, yes_no
from espalier.core.plan import edit
from espalier.core.schema import Column, Kind, Role
from espalier.data.clean import Removed
from espalier.data.describe.profile import ColumnProfile, Profile
from espalier.data.parse import ParseIssue
from espalier.diagnosis.evidence import Evidence


def plain(**more):
    """Return a table that no check should say anything of."""
    columns = numbers()
    return {**columns, "colour": stream(1).choice(["red", "green", "blue"], NUM_ROWS), "y": yes_no(columns["x0"])} | more


def with_cells(values, cells):
    changed = np.array(values, dtype=float)
    for place, value in cells.items():
        changed[place] = value
    return changed


def non_finite(sick):
    columns = plain()
    return evidence_of(plain(x1=with_cells(columns["x1"], {7: np.inf, 9: np.nan} if sick else {7: 3.0})))


def copied(positions, sources, flip=False):
    frame = pl.DataFrame(plain())
    order = np.arange(NUM_ROWS)
    order[positions] = sources
    frame = frame[order]
    if flip:
        answers = frame["y"].to_numpy().copy()
        answers[positions] = np.where(answers[positions] == "yes", "no", "yes")
        frame = frame.with_columns(y=pl.Series(answers))
    return frame.to_dict(as_series=False)


def duplicate_rows(sick):
    return evidence_of(copied([20, 30], [3, 3]) if sick else copied([20], [3], flip=True))


def conflicting_rows(sick):
    positions = np.arange(200, 210)
    return evidence_of(copied(positions, positions - 100, flip=sick))


def missing_values(sick):
    holes = [None if i % 10 < (4 if sick else 2) else float(i % 7) for i in range(NUM_ROWS)]
    return evidence_of(plain(x1=holes))


def near_empty_columns(sick):
    filled = 10 if sick else 60
    return evidence_of(plain(x1=[float(i % 7) if i < filled else None for i in range(NUM_ROWS)]))


def missing_spellings(sick):
    return evidence_of(plain(), colour=Column(Kind.CATEGORY, missing=("?",) if sick else ()))


def unreadable_cells(sick):
    evidence = evidence_of(plain())
    issue = ParseIssue("x1", "2 cells of 'x1' are no numbers and count as missing: 'abc' (line 4), 'def' (line 9).", (4, 9), 2)
    other = ParseIssue("z", "1 cell of 'z' is no number.", (4,), 1)
    return Evidence(evidence.records, evidence.schema, evidence.profile, issues=(issue,) if sick else (other,))


def missing_target(sick):
    evidence = evidence_of(plain())
    profile = Profile(NUM_ROWS + 2, {**evidence.profile.columns, "y": ColumnProfile(2 if sick else 0, 2)})
    removed = (Removed("The target is missing.", (4, 9), 2),)
    return Evidence(evidence.records, evidence.schema, profile, removed=removed if sick else ())


def rare_classes(sick):
    answers = np.array(["common"] * NUM_ROWS)
    answers[100:200] = "other"
    answers[: 4 if sick else 12] = "rare"
    return evidence_of(plain(y=answers))


def class_imbalance(sick):
    return evidence_of(plain(y=np.where(np.arange(NUM_ROWS) % (20 if sick else 5), "no", "yes")))


def outliers(sick):
    columns = numbers()
    return evidence_of(plain(x1=with_cells(columns["x1"], {7: 999.0, 8: 998.0} if sick else {7: 6.0})))


def constant_columns(sick):
    return evidence_of(plain(x1=[1.0] * NUM_ROWS if sick else [1.0] * (NUM_ROWS - 1) + [2.0]))


def duplicate_columns(sick):
    names = np.array([{"red": "rouge", "green": "vert", "blue": "bleu"}[one] for one in plain()["colour"]])
    if not sick:
        names[5] = "vert" if names[5] != "vert" else "bleu"
    return evidence_of(plain(couleur=names))


def identifier_as_input(sick):
    number = stream(3).permutation(NUM_ROWS).astype(float)
    return evidence_of(plain(x1=number if sick else number * 1.37))


def many_levels(sick):
    return evidence_of(plain(colour=[f"shade {i % (150 if sick else 40)}" for i in range(NUM_ROWS)]))


def target_in_one_column(sick):
    answers = plain()["y"]
    noise = stream(4).random(NUM_ROWS) < (0.005 if sick else 0.15)
    return evidence_of(plain(status=np.where((answers == "yes") ^ noise, "closed", "open")))


def target_is_a_formula(sick):
    columns = numbers(5)
    total = columns["x0"] + columns["x1"] + (0 if sick else 0.3 * columns["x4"])
    return evidence_of({**columns, "x4": columns["x3"] * 0.5 + stream(5).normal(size=NUM_ROWS), "y": total})


def unscaled_numbers(sick):
    columns = numbers()
    evidence = evidence_of(plain(x1=columns["x1"] * (1000 if sick else 5)))
    plan = plan_of(evidence.schema)
    plan = replace(plan, prepare=replace(plan.prepare, numbers="none"))
    return Evidence(evidence.records, evidence.schema, evidence.profile, plan)


def few_rows(sick):
    return evidence_of({name: values[: 30 if sick else 200] for name, values in plain().items()})


def unusual_setting(sick):
    """Healthy: a strong penalty that recipes use."""
    evidence = evidence_of(plain(), method="random")
    return replace(evidence, plan=edit(evidence.plan, {"learning.l1": 0.3 if sick else 1e-4}, "asked"))


def text_left_out(sick):
    remarks = [f"remark number {i} on this and that" for i in range(NUM_ROWS)]
    return evidence_of(plain(remark=remarks), remark=Column(Kind.TEXT, Role.IGNORED if sick else Role.IDENTIFIER))


def no_inputs(sick):
    texts = {"remark": [f"remark number {i} on this and that" for i in range(NUM_ROWS)], "y": plain()["y"]}
    return evidence_of(texts if sick else plain(**texts), remark=Column(Kind.TEXT))


def rows_in_two_parts(sick):
    train, valid, test = thirds(NUM_ROWS)
    return evidence_of(plain(), method="files", splits=(train, [*valid, *train[:4]] if sick else valid, test))


def near_copies(sick):
    frame = pl.DataFrame(plain())
    train, valid, test = thirds(NUM_ROWS)
    records = records_of(frame)
    nudged = frame[train[:12]].with_columns([pl.col(f"x{i}") + (0.001 if sick else 1.5) for i in range(4)])
    part = records_of(pl.concat([frame[valid], nudged]), first_row=1)
    return evidence_of(plain(), method="files", splits=(train, part, records.take(test)))


def patients(effect, num_groups=80, rows_of_a_group=6):
    """Return rows of patients: the inputs say who it is, and with an effect each patient has an answer of their own."""
    draws = stream(6)
    group = np.repeat(np.arange(num_groups), rows_of_a_group)
    person = draws.normal(size=(num_groups, 5))[group]
    inputs = person + 0.3 * draws.normal(size=person.shape)
    score = inputs[:, 0] + effect * draws.normal(size=num_groups)[group] + 0.5 * draws.normal(size=len(group))
    order = draws.permutation(len(group))
    columns = {f"x{i}": inputs[order, i] for i in range(5)}
    return {**columns, "patient": [f"P{one:03d}" for one in group[order]], "y": score[order]}


def group_on_both_sides(sick):
    columns = patients(effect=2)
    whole = np.array([int(name[1:]) % 5 for name in columns["patient"]])
    apart = [np.flatnonzero(np.isin(whole, part)) for part in ((0, 1, 2), (3,), (4,))]
    return evidence_of(columns, splits=thirds(480) if sick else apart, method="random", patient=Role.GROUP)


def hidden_group(sick):
    return evidence_of(patients(effect=2 if sick else 0))


def hours(num_rows):
    return np.datetime64("2024-01-01", "us") + np.arange(num_rows) * np.timedelta64(1, "h")


def parts_overlap_in_time(sick):
    positions = np.arange(NUM_ROWS)
    parts = np.split(positions, [240, 320])
    if sick:
        parts = [np.append(parts[0], 330), parts[1], np.delete(parts[2], 10)]
    return evidence_of(plain(when=hours(NUM_ROWS)), method="time", split_column="when", splits=parts)


def cannot_be_split(sick):
    evidence = evidence_of(plain(), method="group", split_column="colour")
    return replace(evidence, splits=None, unsplit="The data has 2 groups.") if sick else evidence


def drifting(memory, num_rows=NUM_ROWS):
    draws = stream(7).normal(size=num_rows)
    values = np.zeros(num_rows)
    for i in range(1, num_rows):
        values[i] = memory * values[i - 1] + draws[i]
    return values


def time_ignored(sick):
    return evidence_of({**numbers(3), "when": hours(NUM_ROWS), "y": drifting(0.9 if sick else 0.0)})


def parts_differ(sick):
    frame = pl.DataFrame(plain())
    train, valid, test = thirds(NUM_ROWS)
    moved = records_of(frame[valid].with_columns(pl.col("x2") + (1.5 if sick else 0.0)))
    return evidence_of(plain(), method="files", splits=(train, moved, test))


def class_missing_in_part(sick):
    answers = np.array(["a", "b", "c", "d"])[np.arange(NUM_ROWS) % 4]
    train, valid, test = thirds(NUM_ROWS)
    kept = train[answers[train] != "c"] if sick else train
    return evidence_of(plain(y=answers), method="column", split_column="colour", splits=(kept, valid, test))


def neighbouring_lines(sick):
    draws = stream(8)
    recording = np.repeat(np.arange(40), 20)
    walk = draws.normal(size=(40, 6))[recording] + 0.05 * draws.normal(size=(800, 6)).cumsum(axis=0)
    answers = draws.normal(size=40)[recording] + 0.1 * draws.normal(size=800)
    order = np.arange(800) if sick else draws.permutation(800)
    return evidence_of({**{f"x{i}": walk[order, i] for i in range(6)}, "y": answers[order]})


PAIRS = {
    one.__name__: one
    for one in (
        non_finite, duplicate_rows, conflicting_rows, missing_values, near_empty_columns, missing_spellings, unreadable_cells,
        missing_target, rare_classes, class_imbalance, outliers, constant_columns, duplicate_columns, identifier_as_input,
        many_levels, target_in_one_column, target_is_a_formula, unscaled_numbers, few_rows, unusual_setting,
        text_left_out, no_inputs,
        rows_in_two_parts, near_copies, group_on_both_sides, hidden_group, parts_overlap_in_time, time_ignored, parts_differ,
        class_missing_in_part, neighbouring_lines, cannot_be_split,
    )
}  # fmt: skip
