"""How many faults of a plan the repairs truly cure, what that costs, and what they do to healthy plans; beside random search.

A healthy plan of a small network is trained on a real table, then the same plan with one fault. `repair_run` gets what was
found, exactly as `espalier diagnose --repair` does. Healthy, faulty and repaired plan are then trained anew from three seeds
and scored on the test part, which no repair has seen. A fault that costs more than 2 points is repairable; it is repaired when
at least 80 % of the gap is closed. A leak is repaired when the plan no longer has it. Random search draws every knob that the
repairs turn anew, as often as the repair trained in all, and keeps what is best on the same fold A.

    python bench/doctor/repairs.py [--seeds 3] [--kinds rate_x100 leak_column] [--workers 2] [--smoke]
"""

import argparse
import json
import re
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, median

import numpy as np
import torch
from plan_faults import FAULTS, HEALTHY, USUAL, write

from espalier import process
from espalier.core.errors import EspalierError
from espalier.core.finding import Severity
from espalier.core.plan import diff, edit
from espalier.diagnosis.examine import in_order
from espalier.evaluation.proportions import wilson
from espalier.run import Run
from espalier.stages.generalise import findings_of, from_run, open_run
from espalier.stages.parts import deal_parts
from espalier.stages.proof import Ground
from espalier.stages.redeal import known_rows
from espalier.stages.repair import Effort, repair_run
from espalier.stages.table import load_planned
from espalier.stages.trial import answer_constantly, trial

HARMFUL = 0.02  # points below the healthy twin
CLOSED = 0.8  # of the gap
SECONDS = 300.0  # for one repair; none needs as much
NUM_JUDGED = 3  # seeds of the final score


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
        tried: sign, repair and what became of it, of each that was tried.
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
    tried: list[list[str]]
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
            [[one.proposal.finding.id, one.proposal.repair.name, one.why] for one in repaired.outcomes],
            repaired.num_candidates,
            repaired.num_trainings,
            fault.is_closed(repaired.plan) if is_leak else None,
            seconds,
        )


def share(hits, count):
    """Return a share as text, with its 95 % interval."""
    if not count:
        return "0 of 0"
    low, high = wilson(hits, count)
    return f"{hits} of {count}, {hits / count:.0%} ({low:.0%} to {high:.0%})"


def by_cure(results):
    """Return the lines that tell of each cure how often it was tried and accepted, beside random search on those faults."""
    lines = ["| cure | tried in | accepted | repairable faults with it | repaired | by random search | healthy plans changed |"]
    lines.append("|---|---|---|---|---|---|---|")
    for name in sorted({named(repair) for one in results for _, repair, _ in one.tried}):
        tried = [one for one in results if name in {named(repair) for _, repair, _ in one.tried}]
        kept = [one for one in tried if name in map(named, one.accepted)]
        faulty = [one for one in kept if one.kind and one.is_repairable]
        good = sum(one.is_repaired for one in faulty)
        rival = sum(one.closes(one.searched) for one in faulty) if any(one.is_closed is None for one in faulty) else "-"
        bad = sum(not one.kind for one in kept)
        lines.append(f"| {name} | {len(tried)} | {len(kept)} | {len(faulty)} | {good} | {rival} | {bad} |")
    return lines


def named(repair):
    """Return the name of a repair without the columns that it is about."""
    return re.sub(r"rows of one \S+ together", "rows of one column together", re.sub(r"'[^']*'", "a column", repair))


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
    return [*lines, "", *by_cure(results)]


def cases(kinds, seeds, *, is_whole):
    """Return what is measured: table, seed and kind; and with all kinds the healthy plans of all tables.

    Args:
        kinds: of faults.
        seeds: of each; another table for each seed.
        is_whole: healthy plans are measured too.
    """
    chosen = []
    for seed in seeds:
        for place, kind in enumerate(FAULTS):
            if kind in kinds:
                tables = FAULTS[kind].tables
                chosen.append((tables[(seed + place) % len(tables)], seed, kind))
        chosen += [(name, seed, "") for name in USUAL] if is_whole else []
    return chosen


def measure_all(chosen, workers, keep):
    """Measure cases side by side, and return the results in their order.

    Args:
        chosen: of `cases`.
        workers: processes.
        keep: file to which results are added as they come, and from which those of an earlier call are taken; or None.
    """
    known = [Result(**json.loads(line)) for line in keep.read_text().splitlines()] if keep and keep.exists() else []
    done = {(one.table, one.seed, one.kind): one for one in known}
    with ProcessPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        for one in as_completed([pool.submit(measure, *case) for case in chosen if case not in done]):
            result = one.result()
            done[result.table, result.seed, result.kind] = result
            print(line := json.dumps(asdict(result)), flush=True)
            if keep:
                with keep.open("a") as file:
                    file.write(line + "\n")
    return [done[case] for case in chosen]


def main():
    """Seed, repair and score everything, and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=0, help="first seed; 100 and above are for development")
    parser.add_argument("--kinds", nargs="+", choices=list(FAULTS))
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--keep", type=Path, help="file of results; what it holds is not measured again")
    parser.add_argument("--smoke", action="store_true", help="one seed of three kinds; writes nothing")
    given = parser.parse_args()
    kinds = given.kinds or (["rate_x100", "huge_decay", "leak_column"] if given.smoke else list(FAULTS))
    seeds = range(given.first, given.first + (1 if given.smoke else given.seeds))
    results = measure_all(cases(kinds, seeds, is_whole=not (given.kinds or given.smoke)), given.workers, given.keep)
    lines = report(results)
    print("\n".join(lines))
    if not (given.kinds or given.smoke or given.first):
        sys.path.append(str(Path(__file__).resolve().parents[1]))
        from results import write_section

        write_section(
            "Repairs of faulty plans, beside random search", f"python bench/doctor/repairs.py --seeds {given.seeds}", lines
        )


if __name__ == "__main__":
    main()
