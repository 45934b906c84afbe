"""How many planted leaks the signs find, and how often they fire on clean columns.

Each kind of leak is planted into copies of real tables, three times each. A draft of the plan is made and the rows are dealt
out, as `espalier inspect` does; then the signs that the kind must raise look. A leak is found when one of them fires, names a
planted column where one was planted, and counts at least the rows that were planted. Clean columns are those of untouched
tables; one is alarmed when any sign of leaks names it.

    python bench/doctor/leaks.py [--part T] [--seeds 3] [--print-only] [--smoke]
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import torch
from plan_faults import DATA
from planted_leaks import LEAKS, Planted

from espalier import process
from espalier.core.finding import Severity
from espalier.diagnosis.encode import answer_of, matrix_of
from espalier.diagnosis.evidence import MAX_PROBE_ROWS, Evidence
from espalier.diagnosis.examine import checks
from espalier.diagnosis.quick_model import gap_between
from espalier.evaluation.proportions import wilson
from espalier.stages.parts import deal_parts

SIGNS = ("D14", "D16", "D17", "S01", "S02", "S03", "S04", "S05", "S06", "S09")
GATES = {"exact": 1.0, "near-duplicate": 0.95, "group": 0.95, "proxy": 0.95}
MAX_CLEAN = 0.02
MAX_ROWS = 10_000
NOT_BLIND = (
    "The planted leaks are new to the signs; the clean tables are not, for the tests ask that the signs stay silent on them. "
    "Groups flatter the score when a quick model gains more than .03 of the explained share by them."
)
MIN_GAIN = 0.03  # of the explained share: a group that gives less flatters no score
TABLES = {
    "D": {
        "titanic": ("titanic/titanic.csv.gz", "Survived", ()),
        "wine_quality_red": ("wine_quality/winequality_red.csv.gz", "quality", ()),
        "penguins": ("penguins/penguins.csv.gz", "species", ()),
        "churn_modelling": ("churn_modelling/churn.csv.gz", "Exited", ()),
    },
    "T": {
        "adult": ("adult/adult_train.csv.gz", "income", ()),
        "california_housing": ("california_housing/housing.csv.gz", "median_house_value", ()),
        "bank_marketing": ("bank_marketing/bank_additional.csv.gz", "y", ("duration",)),  # known after the call only
        "boston_housing": ("boston_housing/boston.csv.gz", "MEDV", ()),
        "mammography": ("mammography/mammography.csv.gz", "target", ()),
        "house_prices": ("house_prices/train.csv.gz", "SalePrice", ()),
        "wine_quality_white": ("wine_quality/winequality_white.csv.gz", "quality", ()),
    },
}


@dataclass(frozen=True)
class Result:
    """One planted leak.

    Args:
        leak: its place in LEAKS.
        table: its name.
        seed: of the planting.
        sign: the first sign that found it; empty when none did.
        is_alarm: whether one of them says stop or warn.
        flatters: whether a quick model loses more than .03 of the explained share on new persons; True without persons.
    """

    leak: int
    table: str
    seed: int
    sign: str
    is_alarm: bool
    flatters: bool


def read(part, name, stream):
    """Return at most 10,000 rows of a table in their order, known leaks left out, and the name of its target."""
    path, target, left_out = TABLES[part][name]
    separator = ";" if name == "bank_marketing" else ","
    frame = pl.read_csv(DATA / path, separator=separator, infer_schema_length=None, null_values=["NA", "?", ""])
    chosen = np.sort(stream.choice(frame.height, min(frame.height, MAX_ROWS), replace=False))
    return frame[chosen].drop(left_out).drop_nulls(target), target


def evidence_of(planted, target):
    """Return what the signs may look at before any training: the plan drafted, the rows dealt out."""
    made = process.draft(planted.frame, target=[target], changes=planted.changes)
    cleaned, parts = deal_parts(made.plan, made.table, None)
    profile, issues = made.table.profile, made.table.issues
    return Evidence(cleaned.records, made.plan.schema, profile, made.plan, parts[0], issues, cleaned.removed)


def look(evidence, signs):
    """Return what some signs say."""
    found = [module.check(evidence) for module in checks("data") if module.ID[:3] in signs]
    return [one for one in found if one is not None]


def is_told(finding, planted):
    """Return whether a finding tells of what was planted."""
    counted = sum(finding.evidence["num_shared"].values()) if "num_shared" in finding.evidence else None
    counted = finding.evidence.get("num_rows", planted.count) if counted is None else counted
    return counted >= planted.count and (not planted.columns or bool(set(planted.columns) & set(finding.columns)))


def measure(part, name, seed):
    """Plant every kind of leak into one table and return what came of each."""
    results = []
    for place, leak in enumerate(LEAKS):
        stream = np.random.default_rng([seed, place])
        frame, target = read(part, name, stream)
        planted = leak.plant(frame, target, asks_for_classes(frame, target), stream)
        if planted is None:
            continue
        evidence = evidence_of(planted, target)
        told = [one for one in look(evidence, leak.signs) if is_told(one, planted)]
        is_alarm = any(one.severity is not Severity.NOTE for one in told)
        flatters = planted.units is None or gain(evidence, planted) > MIN_GAIN
        results.append(Result(place, name, seed, told[0].id[:3] if told else "", is_alarm, flatters))
        print(name, seed, leak.name, results[-1].sign or "-", flush=True)
    return results


def gain(evidence, planted):
    """Return what a quick model gains in explained share where persons stand on both sides, from 5,000 rows."""
    frame = evidence.records.frame[:MAX_PROBE_ROWS]
    names = [name for name in evidence.features if name not in planted.columns]
    answer = answer_of(frame[evidence.targets[0]])
    return gap_between(matrix_of(frame, names), answer, planted.units[: frame.height]).size if names else 0.0


def asks_for_classes(frame, target):
    """Return whether the target is read as classes."""
    return bool(process.draft(frame, target=[target]).table.asked().classes)


def clean_columns(part, name):
    """Return of an untouched table the number of its columns but the target, and what the signs of leaks say of it."""
    frame, target = read(part, name, np.random.default_rng(0))
    return frame.width - 1, look(evidence_of(Planted(frame), target), SIGNS)


def share(hits, count):
    """Return a share as text, with its 95 % interval."""
    low, high = wilson(hits, count)
    return f"{hits} of {count}, {hits / count:.1%} ({low:.1%} to {high:.1%})"


def report(part, results, clean):
    """Return the lines of the section."""
    tables = ", ".join(f"{name} less {', '.join(out)}" if out else name for name, (_, _, out) in TABLES[part].items())
    lines = [
        f"Tables: {tables}; at most {MAX_ROWS:,} rows of each. {NOT_BLIND}",
        "",
        "| family | gate | found | as stop or warning |",
    ]
    lines.append("|---|---|---|---|")
    for family, gate in GATES.items():
        some = [one for one in results if LEAKS[one.leak].family == family]
        if some:
            found = sum(bool(one.sign) for one in some)
            verdict = "" if found >= gate * len(some) else " (missed)"
            alarms = sum(one.is_alarm for one in some)
            lines.append(f"| {family} | {gate:.0%} | {share(found, len(some))}{verdict} | {share(alarms, len(some))} |")
    felt = [one for one in results if LEAKS[one.leak].family == "group" and one.flatters]
    if felt:
        found = sum(bool(one.sign) for one in felt)
        lines.append(f"| of the groups those that flatter the score | - | {share(found, len(felt))} | - |")
    total = sum(count for count, _ in clean.values())
    named = sum(len({column for one in told for column in one.columns}) for _, told in clean.values())
    verdict = "" if named <= MAX_CLEAN * total else " (missed)"
    lines.append(f"| clean columns alarmed | at most {MAX_CLEAN:.0%} | {share(named, total)}{verdict} | - |")
    told = [f"{name}: {', '.join(one.id for one in told)}" for name, (_, told) in clean.items() if told]
    lines += ["", f"Signs of leaks on untouched tables: {'; '.join(told) or 'none'}.", ""]
    lines += ["| kind | signs | found | as stop or warning | by | missed in |", "|---|---|---|---|---|---|"]
    for place, leak in enumerate(LEAKS):
        some = [one for one in results if one.leak == place]
        if some:
            lines.append(f"| {leak.name} | {', '.join(leak.signs)} | {row_of(some)} |")
    return lines


def row_of(some):
    """Return the cells of one kind."""
    found = [one for one in some if one.sign]
    by = ", ".join(f"{sign} {sum(one.sign == sign for one in found)}" for sign in sorted({one.sign for one in found}))
    lost = [one.table for one in some if not one.sign]
    missed = ", ".join(f"{name} {lost.count(name)}" for name in dict.fromkeys(lost))
    return f"{share(len(found), len(some))} | {sum(one.is_alarm for one in some)} | {by or '-'} | {missed or '-'}"


def main():
    """Plant, look and count, and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--part", choices=sorted(TABLES), default="T")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--print-only", action="store_true", help="write nothing")
    parser.add_argument("--smoke", action="store_true", help="one small table, one seed; writes nothing")
    given = parser.parse_args()
    torch.set_num_threads(1)
    names = ["boston_housing" if given.part == "T" else "penguins"] if given.smoke else list(TABLES[given.part])
    seeds = 1 if given.smoke else given.seeds
    results = [one for name in names for seed in range(seeds) for one in measure(given.part, name, seed)]
    lines = report(given.part, results, {name: clean_columns(given.part, name) for name in names})
    print("\n".join(lines))
    if given.part == "T" and not (given.smoke or given.print_only):
        sys.path.append(str(Path(__file__).resolve().parents[1]))
        from results import write_section

        write_section("Planted leaks", f"python bench/doctor/leaks.py --seeds {given.seeds}", lines)


if __name__ == "__main__":
    main()
