"""How many real bugs the doctor finds and names, and whether it is silent on their fixed twins.

Every bug of `real_bugs.py` and its twin is trained under `watch`, and its first batch is looked at by `check`. An alarm is a
finding that says stop or warn. A bug is harmful when the script's own score ends 3 points or more below the twin's. It is named
rightly when an alarm, or the cause that it gives, is a sign chosen for the bug before the doctor was run; a bug that no sign is
about stays in the count as not named.

    python bench/doctor/real.py [--only WORDS] [--seed 0] [--dry]
"""

import argparse
import json
import sys
import time
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from bugs.script import Bug, Script
from real_bugs import BUGS
from run import HARMFUL, alarms_in, share
from torch import nn

from espalier import check, watch
from espalier.core.finding import Severity

GITHUB = "https://github.com/"


@dataclass
class Visit:
    """What the doctor said of one script.

    Args:
        score: of the script, by its own measure.
        alarms: ids, in their order.
        causes: for each alarm the cause that it names; empty when it stands for itself.
        notes: ids of the other findings.
        early: ids of the alarms that `check` raises before the first step.
        unlooked: what could not be looked at.
        seconds: of the processor.
    """

    score: float
    alarms: list[str]
    causes: list[str]
    notes: list[str]
    early: list[str]
    unlooked: list[str]
    seconds: float


def visit(bug: Bug, is_faulty: bool, seed: int) -> Visit:
    """Train a script under the doctor.

    Args:
        bug: which one.
        is_faulty: else its twin.
        seed: of the weights and the order of the batches.
    """
    began = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of shapes that broadcast; a person may not read it
        early = alarms_in(look_first(built(bug, is_faulty, seed)))
        script = built(bug, is_faulty, seed)
        loss = script.criterion
        with watch(
            script.model, script.optimizer, loss=loss, planned_steps=script.num_steps, causal=script.is_causal
        ) as doctor:
            score = script.run(loss if isinstance(loss, nn.Module) else doctor.loss)
        found = doctor.findings
    alarms = [one for one in found if one.severity is not Severity.NOTE]
    return Visit(
        score,
        [one.id for one in alarms],
        [one.cause for one in alarms],
        [one.id for one in found if one.severity is Severity.NOTE],
        early,
        list(doctor.unlooked),
        time.process_time() - began,
    )


def built(bug: Bug, is_faulty: bool, seed: int) -> Script:
    torch.manual_seed(seed)
    return bug.rebuild(is_faulty)


def look_first(script: Script):
    """Return what `check` finds in the first batch, before any step."""
    script.begin_epoch(script)
    x, y = next(script.batches())
    as_output, criterion = script.as_output, script.criterion
    loss = criterion if as_output is None else lambda output, target: criterion(as_output(output), target)
    return check(script.model, (x, script.as_target(y)), loss, script.optimizer, causal=script.is_causal)


@dataclass
class Case:
    """A bug with what was said of it and of its twin."""

    bug: Bug
    faulty: Visit
    twin: Visit

    @property
    def is_harmful(self) -> bool:
        """Whether the fault cost 3 points or more."""
        return self.twin.score - self.faulty.score >= HARMFUL

    def is_named(self, first: int) -> bool:
        """Return whether one of the first alarms names the bug, or gives as its cause a sign that does."""
        said = list(zip(self.faulty.alarms, self.faulty.causes, strict=True))[:first]
        return any(id_[:3] in self.bug.ids for pair in said for id_ in pair)


def figures(cases: list[Case]) -> list[str]:
    """Return the table of the main figures."""
    harmful = [case for case in cases if case.is_harmful]
    rows = (
        ("bugs found", cases, lambda case: bool(case.faulty.alarms)),
        ("harmful bugs found", harmful, lambda case: bool(case.faulty.alarms)),
        ("silent bugs found", [case for case in cases if not case.is_harmful], lambda case: bool(case.faulty.alarms)),
        ("first cause right, of all bugs", cases, lambda case: case.is_named(1)),
        ("right cause among the first three, of all bugs", cases, lambda case: case.is_named(3)),
        ("first cause right, of harmful bugs", harmful, lambda case: case.is_named(1)),
        ("right cause among the first three, of harmful bugs", harmful, lambda case: case.is_named(3)),
        ("found before the first step, of bugs found", [one for one in cases if one.faulty.alarms], _is_early),
        ("fixed twins with an alarm", cases, lambda case: bool(case.twin.alarms or case.twin.early)),
    )
    lines = ["| figure | share (95 % interval) |", "|---|---|"]
    return lines + [f"| {name} | {share(sum(map(hit, some)), len(some))} |" for name, some, hit in rows]


def _is_early(case: Case) -> bool:
    return bool(case.faulty.early)


def table(cases: list[Case]) -> list[str]:
    """Return a line for every bug."""
    lines = ["| bug | source | harmful: faulty, fixed score | alarms | named rightly | alarms on the twin |", "|---" * 6 + "|"]
    for case in cases:
        source = case.bug.source
        short = source.removeprefix(GITHUB).replace("/issues/", "#").replace("/pull/", "#")
        cells = [
            case.bug.name,
            f"[{short}]({source})" if source.startswith(GITHUB) else source,
            f"{'yes' if case.is_harmful else 'no'}: {case.faulty.score:.2f}, {case.twin.score:.2f}",
            ", ".join(id_[:3] for id_ in case.faulty.alarms) or "-",
            "first" if case.is_named(1) else "among three" if case.is_named(3) else "no",
            ", ".join(dict.fromkeys(id_[:3] for id_ in (*case.twin.alarms, *case.twin.early))) or "-",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def report(cases: list[Case]) -> list[str]:
    """Return the lines of the section."""
    seconds = sum(one.seconds for case in cases for one in (case.faulty, case.twin))
    head = f"{len(cases)} bugs and their fixed twins in {seconds:,.0f} seconds of the processor."
    return [head, "", *figures(cases), "", *table(cases)]


def main():
    """Run every bug and its twin, and write the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="bugs whose names hold these words; writes nothing")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--dry", action="store_true", help="write nothing")
    given = parser.parse_args()
    torch.set_num_threads(1)
    cases = []
    for bug in BUGS:
        if given.only in bug.name:
            cases.append(Case(bug, visit(bug, True, given.seed), visit(bug, False, given.seed)))
            seen = {"faulty": asdict(cases[-1].faulty), "twin": asdict(cases[-1].twin)}
            print(json.dumps({"bug": bug.name, **seen}), flush=True)
    lines = report(cases)
    print("\n".join(lines))
    if not given.dry and not given.only and given.seed == 0:
        sys.path.append(str(Path(__file__).resolve().parents[1]))
        from results import write_section

        write_section("Real bugs under the doctor", "python bench/doctor/real.py", lines)


if __name__ == "__main__":
    main()
