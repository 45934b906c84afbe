"""How many faults of a plan the repairs truly cure, what that costs, and what they do to healthy plans; beside random search.

A healthy plan of a small network is trained on a real table, then the same plan with one fault. `repair_run` gets what was
found, exactly as `espalier diagnose --repair` does. Healthy, faulty and repaired plan are then trained anew from three seeds
and scored on the test part, which no repair has seen. A fault that costs more than 2 points is repairable; it is repaired when
at least 80 % of the gap is closed. A leak is repaired when the plan no longer has it. Random search draws every knob that the
repairs turn anew, as often as the repair trained in all, and keeps what is best on the same fold A.

    python bench/doctor/repairs.py [--seeds 3] [--kinds rate_x100 leak_column] [--smoke]
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean, median

import numpy as np
import polars as pl
import torch

from espalier import process
from espalier.core.errors import EspalierError
from espalier.core.finding import Severity
from espalier.core.plan import diff, edit
from espalier.diagnosis.examine import in_order
from espalier.run import Run
from espalier.stages.generalise import findings_of, from_run, open_run
from espalier.stages.parts import deal_parts
from espalier.stages.proof import Ground
from espalier.stages.redeal import known_rows
from espalier.stages.repair import Effort, repair_run
from espalier.stages.table import load_planned
from espalier.stages.trial import answer_constantly, trial

DATA = Path(os.environ.get("ESPALIER_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
TABLES = {
    "titanic": ("titanic/titanic.csv.gz", "Survived"),
    "churn_modelling": ("churn_modelling/churn.csv.gz", "Exited"),
    "california_housing": ("california_housing/housing.csv.gz", "median_house_value"),
    "wine_quality": ("wine_quality/winequality_white.csv.gz", "quality"),
}
NUM_ROWS = 1_500
HEALTHY = {
    "model.name": "mlp-tiny",
    "learning.epochs": 40,
    "learning.precision": "float32",
    "learning.threads": 1,
    "prepare.bins": 0,
    "split.train": 0.6,
    "split.valid": 0.15,
    "split.test": 0.25,
    "baselines": ["linear model"],
    "diagnosis.stop": False,
}
HARMFUL = 0.02  # points below the healthy twin
CLOSED = 0.8  # of the gap
SECONDS = 300.0  # for one repair; none needs as much
NUM_JUDGED = 3  # seeds of the final score


@dataclass(frozen=True)
class Fault:
    """One fault.

    Args:
        name: in words.
        changes: of the plan; a function of the healthy run's plan.
        twin: what the healthy plan has besides HEALTHY.
        table: makes the faulty table of the healthy one and the name of its target.
        is_closed: says of a repaired plan whether the leak is gone; None for faults that are no leak.
    """

    name: str
    changes: Callable = field(default=lambda plan: {})
    twin: dict = field(default_factory=dict)
    table: Callable | None = None
    is_closed: Callable | None = None


def with_leak(frame, target, stream):
    """Return the table with a column that was made of the target."""
    codes = frame[target].cast(pl.Float64).to_numpy()
    told = codes + 0.03 * np.nanstd(codes) * stream.normal(size=len(codes))
    return frame.with_columns(settled=pl.Series(told.round(4)))


def with_part(frame, target, stream):
    """Return the table with a column that names the part of each row."""
    return frame.with_columns(part=pl.Series(stream.choice(["train", "valid", "test"], frame.height, p=[0.7, 0.15, 0.15])))


def with_copies(frame, target, stream):
    """Return a table of given parts in which half of valid and test are copies of training rows."""
    frame = with_part(frame, target, stream)
    part = frame["part"].to_numpy()
    place = np.arange(frame.height)
    judged = np.flatnonzero((part != "train") & (stream.random(frame.height) < 0.5))
    place[judged] = stream.choice(np.flatnonzero(part == "train"), len(judged))
    return frame[place].with_columns(part=pl.Series(part))


def with_groups(frame, target, stream):
    """Return a table of six visits of each of some patients: numbers that vary a little, and one answer."""
    people = stream.choice(frame.height, frame.height // 6, replace=False)
    visits = frame[np.repeat(people, 6)]
    numbers = [name for name, kind in visits.schema.items() if kind.is_float() and name != target]
    shaken = [
        (pl.col(name) + pl.Series(0.02 * (visits[name].std() or 0.0) * stream.normal(size=visits.height))).alias(name)
        for name in numbers
    ]
    own = pl.Series(np.repeat(stream.normal(size=len(people)), 6) + 0.01 * stream.normal(size=visits.height))
    return visits.with_columns(*shaken, blood=own, patient_id=pl.Series(np.repeat(np.arange(len(people)), 6) + 1000))


DEEP = {"model.options.depth": 6, "model.options.activation": "gelu"}
FAULTS = {
    "rate_x100": Fault("learning rate x 100", lambda plan: {"learning.learning_rate": plan.learning.learning_rate * 100}),
    "rate_div1000": Fault("learning rate / 1000", lambda plan: {"learning.learning_rate": plan.learning.learning_rate / 1000}),
    "tight_clip": Fault(
        "gradients clipped to 1e-4", lambda plan: {"learning.clip_norm": 1e-4}, {"learning.optimizer": "momentum"}
    ),
    "huge_decay": Fault("weight decay of 300", lambda plan: {"learning.weight_decay": 300.0}),
    "heavy_dropout": Fault("dropout of 0.95", lambda plan: {"model.options.dropout": 0.95}),
    "deep_sigmoid": Fault("sigmoids in six layers", lambda plan: {"model.options.activation": "sigmoid"}, DEEP),
    "unscaled": Fault("numbers as they are", lambda plan: {"prepare.numbers": "none"}),
    "one_epoch": Fault("one epoch", lambda plan: {"learning.epochs": 1}),
    "tiny_width": Fault("layers of one unit", lambda plan: {"model.options.width": 1}),
    "leak_column": Fault(
        "a column made of the target",
        table=with_leak,
        is_closed=lambda plan: plan.schema.columns["settled"].role != "input",
    ),
    "leak_copies": Fault(
        "copies in given parts",
        lambda plan: {"split.method": "column", "split.column": "part"},
        table=with_copies,
        is_closed=lambda plan: plan.split.method in ("random", "stratified", "group"),
    ),
    "leak_group": Fault(
        "groups torn apart",
        lambda plan: {"split.method": "random", "split.column": None},
        table=with_groups,
        is_closed=lambda plan: plan.split.method == "group" and plan.split.column == "patient_id",
    ),
}


@dataclass
class Result:
    """One repair.

    Args:
        table, seed, kind: what was tried; kind is empty for a healthy plan.
        alarms: ids of the findings that say stop or warn.
        notes: ids of the other findings.
        healthy, faulty, repaired: points of the plans on the test part.
        searched: points of the best plan of random search; None where there was none.
        accepted: names of the accepted repairs.
        proposals: how many were tried.
        candidates: trainings spent on choosing.
        trainings: in all.
        is_closed: whether the leak is gone; None for other faults.
        seconds: of the repair.
    """

    table: str
    seed: int
    kind: str
    alarms: list[str]
    notes: list[str]
    healthy: float
    faulty: float
    repaired: float
    searched: float | None
    accepted: list[str]
    proposals: int
    candidates: int
    trainings: int
    is_closed: bool | None
    seconds: float

    @property
    def is_repairable(self):
        """Whether the fault costs enough to be worth a repair, or is a leak."""
        return self.is_closed is not None or self.healthy - self.faulty > HARMFUL

    def closes(self, points):
        """Return whether so many points close the gap."""
        return points is not None and points - self.faulty >= CLOSED * (self.healthy - self.faulty)

    @property
    def is_repaired(self):
        """Whether the repair truly cured the fault."""
        return self.closes(self.repaired) if self.is_closed is None else self.is_closed


def finish(stages):
    """Go through all stages and return what they return."""
    while True:
        try:
            next(stages)
        except StopIteration as end:
            return end.value


def write(name, folder, stream, change=None):
    """Write some rows of a real table, changed or not, and return path and target."""
    path, target = TABLES[name]
    frame = pl.read_csv(DATA / path, infer_schema_length=None)
    frame = frame[np.sort(stream.choice(frame.height, min(NUM_ROWS, frame.height), replace=False))]
    frame = frame.drop_nulls(target)
    frame = frame if change is None else change(frame, target, stream)
    frame.write_csv(folder / "table.csv")
    return folder / "table.csv", target


def trained(source, target, changes, seed, folder):
    """Train a plan and return the run, even one that broke down, and its findings."""
    made = process.draft(str(source), target=[target], changes=changes, seed=seed)
    try:
        run = finish(process.train(made.plan, folder, made.table))
    except EspalierError:
        run = Run(folder)
    found = list(run.findings)
    if run.folder.scorecard.exists():
        found += findings_of(from_run(open_run(run.folder), found))
    return run, in_order(found)


def points(plan, seed):
    """Return how good a plan is on its own test part: the mean of three seeds; errors by those of a constant answer."""
    table = load_planned(plan)
    _, [parts, *_] = deal_parts(plan, table, None)
    judged, classes = parts.test.open("benchmark"), table.asked().classes
    scores = []
    for one in range(NUM_JUDGED):
        seeded = edit(plan, {"seed": 1000 * (seed + 1) + one}, "benchmark")
        constant = answer_constantly(plan, parts.train, judged, classes)
        try:
            done = trial(seeded, parts.train, parts.valid, judged, classes)
        except EspalierError:
            done = constant
        scores.append(done.score if done.higher_is_better else 1 - done.score / constant.score)
    return mean(scores)


def search(run, plan, num_trainings, seed):
    """Return the best of some plans with every knob drawn anew, by its score on fold A."""
    stream = np.random.default_rng([seed, num_trainings])
    ground = Ground(plan, known_rows(run.folder, plan), SECONDS)
    best, gain = plan, -np.inf
    for _ in range(num_trainings):
        drawn = {
            "learning.learning_rate": float(10 ** stream.uniform(-6, 0.5)),
            "learning.weight_decay": float(10 ** stream.uniform(-5, 2.5)),
            "learning.clip_norm": float(10 ** stream.uniform(-4, 1)),
            "learning.epochs": int(round(10 ** stream.uniform(0, 2))),
            "learning.warmup_fraction": float(stream.choice([0.0, 0.1])),
            "prepare.numbers": str(stream.choice(["none", "standard", "quantile"])),
            "model.options.width": int(round(2 ** stream.uniform(0, 9))),
            "model.options.dropout": float(stream.uniform(0, 0.95)),
            "model.options.activation": str(stream.choice(["sigmoid", "tanh", "relu", "leaky_relu", "gelu"])),
            "model.options.norm": str(stream.choice(["none", "layer"])),
        }
        new = edit(plan, drawn, "random search")
        done = ground.attempt(new, "A", 0)
        if done.gain > gain:
            best, gain = new, done.gain
    return best


def measure(name, seed, kind):
    """Seed one fault, or none, let it be repaired, and return what came of it."""
    fault = FAULTS.get(kind)
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        twin = HEALTHY | (fault.twin if fault else {})
        source, target = write(name, folder, np.random.default_rng(seed))
        first, found = trained(source, target, twin, seed, folder / "healthy")
        sick, is_leak = first, bool(fault and fault.is_closed)
        if fault is not None:
            if fault.table is not None:
                source, target = write(name, folder, np.random.default_rng(seed), fault.table)
            changes = twin | fault.changes(first.plan)
            sick, found = trained(source, target, changes, seed, folder / "sick")
        began = time.monotonic()
        repaired = finish(repair_run(sick.plan, found, sick.folder, Effort(SECONDS)))
        seconds = time.monotonic() - began
        healthy = float("nan") if is_leak else points(first.plan, seed)
        same = not diff(repaired.plan, sick.plan)
        faulty = healthy if fault is None else points(sick.plan, seed)
        has_rival = fault is not None and not is_leak and healthy - faulty > HARMFUL
        return Result(
            name,
            seed,
            kind,
            [one.id for one in found if one.severity is not Severity.NOTE],
            [one.id for one in found if one.severity is Severity.NOTE],
            healthy,
            faulty,
            faulty if same else points(repaired.plan, seed),
            points(search(sick, sick.plan, max(repaired.num_trainings, 1), seed), seed) if has_rival else None,
            [one.proposal.repair.name for one in repaired.outcomes if one.is_accepted],
            len(repaired.outcomes),
            repaired.num_candidates,
            repaired.num_trainings,
            fault.is_closed(repaired.plan) if is_leak else None,
            seconds,
        )


def share(hits, count):
    """Return a share as text."""
    return f"{hits} of {count}" + (f", {hits / count:.0%}" if count else "")


def report(results):
    """Return the lines of the section."""
    faulty = [one for one in results if one.kind and one.is_repairable]
    silent = [one for one in results if one.kind and not one.is_repairable]
    plain = [one for one in results if not one.kind]
    gains = [one for one in faulty if one.is_closed is None]
    alarmed = [one for one in faulty if one.alarms]
    cost = [one.candidates for one in faulty if one.is_repaired]
    lines = [
        "| figure | value |",
        "|---|---|",
        f"| repairable faults with an alarm | {share(len(alarmed), len(faulty))} |",
        f"| repairable faults with an alarm truly repaired | {share(sum(one.is_repaired for one in alarmed), len(alarmed))} |",
        f"| repairable faults truly repaired | {share(sum(one.is_repaired for one in faulty), len(faulty))} |",
        f"| of these no leaks: by the repairs | {share(sum(one.is_repaired for one in gains), len(gains))} |",
        "| of these no leaks: by random search, as many trainings, proofs included | "
        f"{share(sum(one.closes(one.searched) for one in gains), len(gains))} |",
        f"| faults that cost at most {HARMFUL:g}, and were left out | {len(silent)} |",
        f"| trainings to choose, median of what was repaired | {median(cost) if cost else '-'} |",
        f"| trainings in all, proofs included, median | {median(one.trainings for one in faulty) if faulty else '-'} |",
        f"| healthy plans changed | {share(sum(bool(one.accepted) for one in plain), len(plain))} |",
    ]
    if plain:
        change = mean(one.repaired - one.healthy for one in plain)
        lines.append(f"| mean change of healthy plans, points of 100 | {100 * change:+.2f} |")
    lines += ["", "| fault | repairable | repaired | by random search | accepted repairs |", "|---|---|---|---|---|"]
    for kind, fault in FAULTS.items():
        some = [one for one in faulty if one.kind == kind]
        names = sorted({name for one in some for name in one.accepted})
        searched = "-" if fault.is_closed else str(sum(one.closes(one.searched) for one in some))
        cells = [fault.name, str(len(some)), str(sum(one.is_repaired for one in some)), searched, "; ".join(names) or "-"]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def main():
    """Seed, repair and score everything, and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--kinds", nargs="+", choices=list(FAULTS))
    parser.add_argument("--smoke", action="store_true", help="one seed of three kinds; writes nothing")
    given = parser.parse_args()
    torch.set_num_threads(1)
    kinds = given.kinds or (["rate_x100", "huge_decay", "leak_column"] if given.smoke else list(FAULTS))
    names, results = list(TABLES), []
    for seed in range(1 if given.smoke else given.seeds):
        cases = [(names[(seed + place) % len(names)], kind) for place, kind in enumerate(kinds)]
        for name, kind in [*cases, *((name, "") for name in (names[:1] if given.smoke or given.kinds else names))]:
            results.append(measure(name, seed, kind))
            print(json.dumps(asdict(results[-1])), flush=True)
    lines = report(results)
    print("\n".join(lines))
    if not given.kinds and not given.smoke and given.seeds >= 3:
        sys.path.append(str(Path(__file__).resolve().parents[1]))
        from results import write_section

        write_section("Repairs of faulty plans, beside random search", "python bench/doctor/repairs.py", lines)


if __name__ == "__main__":
    main()
