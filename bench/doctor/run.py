"""How many faults the doctor finds, and how often it is wrong: twins of healthy and faulty runs, trained under `watch`.

A fault is harmful when the validation score ends more than 2 points below the healthy twin's, else silent. An alarm is a
finding that says stop or warn. Its cause is right when the first alarm is a sign that stands for the fault that was seeded.
Healthy runs that learn nothing (less than 10 points above the best constant answer) are counted apart. Doses go from one that
hardly matters to one that none can miss; they turn with seed and task. No threshold is set from these runs.

    python bench/doctor/run.py [--seeds 3] [--kinds A1 B2] [--smoke]
"""

import argparse
import copy
import json
import sys
import time
import warnings
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import torch
from faults import FAULTS
from rivals import NUM_EPOCHS, RULES, Recorder
from twins import NUM_DOSES, healthy, loss_of, score, score_of_constant, share_right, sick

from espalier import watch
from espalier.app.report.sections.calibration import wilson
from espalier.core.finding import Severity
from espalier.diagnosis.examine import examine
from tasks import TASKS

SILENT = 0.02  # below the healthy twin
LEARNT = 0.10  # above the best constant answer
SMOKE_TASKS = ("cancer, MLP", "digits, CNN", "series, GRU", "grammar, attention")


@dataclass
class Result:
    """One run.

    Args:
        task, seed, optimizer: what was trained.
        kind: of the fault; empty for a healthy run.
        dose: from 0; None when the kind has none.
        score: on the validation rows.
        loss: points below the healthy twin; for a healthy run, points above the best constant answer.
        alarms: ids of the findings that say stop or warn, in their order.
        notes: ids of the other findings.
        early: ids of the alarms that were raised before the first step.
        rivals: whether each raised an alarm; None where the run is out of its scope.
        unlooked: what the doctor could not look at.
        seconds: of the processor.
    """

    task: str
    seed: int
    optimizer: str
    kind: str
    dose: int | None
    score: float
    loss: float = 0.0
    alarms: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    early: list[str] = field(default_factory=list)
    rivals: dict[str, bool | None] = field(default_factory=dict)
    unlooked: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def is_harmful(self):
        """Whether the fault cost more than 2 points."""
        return self.loss > SILENT

    @property
    def is_named(self):
        """Whether the first alarm names the fault."""
        return bool(self.alarms) and self.alarms[0][:3] in FAULTS[self.kind].ids


def train(twin, recorder):
    """Train a run beside the doctor, and return the doctor and the score."""
    data, model = twin.data, twin.model
    optimizer = twin.make_optimizer()
    stream = torch.Generator().manual_seed(twin.seed)
    torch.manual_seed(twin.seed)
    every = twin.num_steps // NUM_EPOCHS
    losses, rights = [], []
    is_text = twin.task.kind == "tokens"
    with watch(model, optimizer, loss=twin.criterion, planned_steps=twin.num_steps, causal=is_text) as doctor:
        for step in range(1, twin.num_steps + 1):
            model.train(not twin.trains_in_eval_mode)
            rows = torch.randint(len(data.x), (twin.batch_size,), generator=stream)
            output = model(data.x[rows])
            loss = loss_of(twin, twin.criterion, output, data.y[rows])
            if twin.clears:
                optimizer.zero_grad()
            loss.backward()
            if twin.clip:
                torch.nn.utils.clip_grad_norm_(model.parameters(), twin.clip)
            if twin.steps:
                optimizer.step()
            for group in optimizer.param_groups:
                group["lr"] *= twin.decay
            losses.append(float(loss.detach()))
            if twin.task.kind != "quantity":
                rights.append(share_right(twin, output.detach(), data.y[rows]))
            if step % every == 0:
                recorder.record(model, losses[-every:], rights[-every:], optimizer.param_groups[0]["lr"])
                outcome = validate(twin)
    return doctor, outcome


def validate(twin):
    """Return the score on the validation rows, as the loop of this run measures it."""
    twin.model.train(twin.validates_in_train_mode)
    with torch.no_grad():
        output = twin.model(twin.data.x_valid)
        loss_of(twin, twin.criterion, output, twin.data.y_valid)
    return score(twin, output, twin.data.y_valid)


def measure(twin, kind, dose):
    """Train one run and return what the doctor and its rivals say of it."""
    began = time.process_time()
    recorder = Recorder(twin)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of shapes that broadcast; a person may not read it
        doctor, outcome = train(twin, recorder)
        found = doctor.findings
        early = () if doctor.wiring is None else examine(doctor.wiring)
    return Result(
        twin.task.name,
        twin.seed,
        twin.optimizer,
        kind,
        dose,
        outcome,
        alarms=alarms_in(found),
        notes=[one.id for one in found if one.severity is Severity.NOTE],
        early=alarms_in(early),
        rivals={name: rule(twin, recorder.epochs) for name, rule in RULES.items()},
        unlooked=list(doctor.unlooked),
        seconds=time.process_time() - began,
    )


def alarms_in(findings):
    return [one.id for one in findings if one.severity is not Severity.NOTE]


def twins_of(task, seed, kinds):
    """Yield the healthy run of a task and a seed, and its faulty twins."""
    first = healthy(task, seed)
    plain = measure(fresh(first), "", None)
    plain.loss = plain.score - score_of_constant(first)
    yield plain
    for number, kind in enumerate(kinds):
        dose = (seed + number + list(TASKS).index(task)) % NUM_DOSES
        changed = sick(first, kind, dose)
        if changed is not None:
            one = measure(changed, kind, dose if FAULTS[kind].has_doses else None)
            one.loss = plain.score - one.score
            yield one


def fresh(twin):
    """Return a copy of a healthy run, so that training leaves the first weights as they are."""
    return replace(twin, model=copy.deepcopy(twin.model))


def share(hits, count):
    """Return a share with its 95 % interval, as text."""
    if not count:
        return "-"
    low, high = wilson(hits, count)
    return f"{hits} of {count}, {hits / count:.1%} ({low:.1%} to {high:.1%})"


def summary_lines(plain, faulty):
    """Return the table of the main figures, the doctor beside its rivals.

    Args:
        plain: results of healthy runs that learn.
        faulty: results of faulty runs whose healthy twin learns.
    """
    harmful = [one for one in faulty if one.is_harmful]
    silent = [one for one in faulty if not one.is_harmful]
    exact = [one for one in faulty if FAULTS[one.kind].is_exact]
    found = [one for one in faulty if one.alarms]
    lines = ["| figure | share (95 % interval) |", "|---|---|"]
    lines += [
        f"| {name} | {share(sum(map(hit, runs)), len(runs))} |"
        for name, runs, hit in (
            ("harmful faults found", harmful, lambda one: bool(one.alarms)),
            ("silent faults found", silent, lambda one: bool(one.alarms)),
            ("faults of exact kinds found", exact, lambda one: bool(one.alarms)),
            ("first cause right, of faults found", found, lambda one: one.is_named),
            ("found before the first step, of faults found", found, lambda one: bool(one.early)),
            ("healthy runs with an alarm", plain, lambda one: bool(one.alarms)),
        )
    ]
    lines += ["", "| who | harmful found | silent found | healthy runs with an alarm |", "|---|---|---|---|"]
    lines.append(_row("Espalier's doctor", [[bool(one.alarms) for one in runs] for runs in (harmful, silent, plain)]))
    for name in RULES:
        said = [[one.rivals[name] for one in runs if one.rivals[name] is not None] for runs in (harmful, silent, plain)]
        lines.append(_row(name, said))
    return lines


def _row(name, said):
    return f"| {name} | " + " | ".join(share(sum(one), len(one)) for one in said) + " |"


def kind_lines(faulty):
    """Return the table of the kinds: what was found, and what it was taken for."""
    lines = [
        "| kind | runs | harmful, found | silent, found | first cause right | before the first step | other first alarms |",
        "|---" * 7 + "|",
    ]
    for kind, fault in FAULTS.items():
        runs = [one for one in faulty if one.kind == kind]
        if not runs:
            continue
        cells = [f"{kind} {fault.name}", str(len(runs))]
        for some in ([one for one in runs if one.is_harmful], [one for one in runs if not one.is_harmful]):
            cells.append(f"{sum(bool(one.alarms) for one in some)} of {len(some)}")
        cells += [str(sum(one.is_named for one in runs)), str(sum(bool(one.early) for one in runs))]
        others = sorted({one.alarms[0] for one in runs if one.alarms and not one.is_named})
        lines.append("| " + " | ".join([*cells, ", ".join(others) or "-"]) + " |")
    return lines


def dose_lines(faulty):
    """Return the table of the doses: found of harmful runs, and found of silent ones."""
    lines = ["| kind | " + " | ".join(f"dose {dose + 1}" for dose in range(NUM_DOSES)) + " |", "|---" * (NUM_DOSES + 1) + "|"]
    for kind, fault in FAULTS.items():
        runs = [one for one in faulty if one.kind == kind and fault.has_doses]
        if not runs:
            continue
        cells = []
        for dose in range(NUM_DOSES):
            harmful = [bool(one.alarms) for one in runs if one.dose == dose and one.is_harmful]
            silent = [bool(one.alarms) for one in runs if one.dose == dose and not one.is_harmful]
            cells.append(f"{sum(harmful)} of {len(harmful)}; {sum(silent)} of {len(silent)}")
        lines.append(f"| {kind} {fault.name} | " + " | ".join(cells) + " |")
    return lines


def report(results):
    """Return the lines of the section."""
    healthy_runs = [one for one in results if not one.kind]
    learns = {(one.task, one.seed) for one in healthy_runs if one.loss >= LEARNT}
    plain = [one for one in healthy_runs if (one.task, one.seed) in learns]
    faulty = [one for one in results if one.kind and (one.task, one.seed) in learns]
    unlearnt = len(healthy_runs) - len(plain)
    seconds = sum(one.seconds for one in results)
    head = f"{len(plain)} healthy and {len(faulty)} faulty runs in {seconds:,.0f} seconds of the processor; {unlearnt} healthy"
    return [
        f"{head} runs learnt nothing and are left out with their twins.",
        "",
        *summary_lines(plain, faulty),
        "",
        *kind_lines(faulty),
        "",
        "Found at each dose: of harmful runs; of silent runs.",
        "",
        *dose_lines(faulty),
    ]


def main():
    """Train all twins and write the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--kinds", nargs="+", choices=list(FAULTS))
    parser.add_argument("--smoke", action="store_true", help="four tasks and one seed; writes nothing")
    given = parser.parse_args()
    torch.set_num_threads(1)
    results = []
    for seed in range(1 if given.smoke else given.seeds):
        for task in SMOKE_TASKS if given.smoke else TASKS:
            for one in twins_of(task, seed, given.kinds or FAULTS):
                results.append(one)
                print(json.dumps(asdict(one)), flush=True)
    lines = report(results)
    print("\n".join(lines))
    if not given.kinds and not given.smoke:
        sys.path.append(str(Path(__file__).resolve().parents[1]))
        from results import write_section

        write_section("The doctor on seeded faults, beside its rivals", "python bench/doctor/run.py", lines)


if __name__ == "__main__":
    main()
