"""How many faults the doctor finds, and how often it is wrong: twins of healthy and faulty runs, trained under `watch`.

A cell is a task, a kind of fault, a dose and an optimizer; it is run with several seeds. It is harmful when the validation
score ends 3 points or more below the healthy twin's in the median over the seeds, else silent. An alarm is a finding that says
stop or warn. Its cause is right when the first alarm is a sign that stands for the fault that was seeded. Cells whose healthy
twins are not healthy by their outcome (10 points above the best constant answer, and within 2 points or one deviation of the
median of their task) are left out, and counted. Doses go from one that hardly matters to one that none can miss; dose and
optimizer turn with task and kind. Thresholds are set on part D of the tasks; the figures that count are those of part T.

    python bench/doctor/run.py [--part T] [--seeds 3] [--kinds A1 B2] [--print-only]
"""

import argparse
import copy
import json
import statistics
import sys
import time
import warnings
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import torch
from faults import FAULTS
from rivals import NUM_EPOCHS, RULES, Recorder
from twins import NUM_DOSES, OPTIMIZERS, healthy, loss_of, score, score_of_constant, share_right, sick

from espalier import watch
from espalier.core.finding import Severity
from espalier.diagnosis.examine import examine
from espalier.evaluation.proportions import wilson
from tasks import TASKS

HARMFUL = 0.03  # below the healthy twin, in the median of the cell
LEARNT = 0.10  # above the best constant answer
NEAR = 0.02  # below the median of the runs of a task without a fault, or one deviation if that is more
DEVIATION = 1.4826  # of a normal distribution, by the median distance from the median


@dataclass
class Result:
    """One run.

    Args:
        part, task, seed, optimizer: what was trained.
        kind: of the fault; empty for a healthy run.
        dose: from 0; None when the kind has none.
        score: on the validation rows.
        loss: points below the healthy twin; for a healthy run, points above the best constant answer.
        alarms: ids of the findings that say stop or warn, in their order.
        causes: of the first alarm: its id, and those of the findings that it follows from.
        unasked: ids of the alarms without what the model was asked when the training was over.
        notes: ids of the other findings.
        early: ids of the alarms that were raised before the first step.
        rivals: whether each raised an alarm; None where the run is out of its scope.
        unlooked: what the doctor could not look at.
        seconds: of the processor.
        is_harmful: the cell of this run is.
        answers: of the trained model, a simple model and trials; empty where nothing was asked.
    """

    part: str
    task: str
    seed: int
    optimizer: str
    kind: str
    dose: int | None
    score: float
    loss: float = 0.0
    alarms: list[str] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    early: list[str] = field(default_factory=list)
    rivals: dict[str, bool | None] = field(default_factory=dict)
    unlooked: list[str] = field(default_factory=list)
    seconds: float = 0.0
    is_harmful: bool = False
    answers: dict = field(default_factory=dict)

    @property
    def is_named(self):
        """Whether the first alarm names the fault, or follows from a finding that does."""
        return any(one[:3] in FAULTS[self.kind].ids for one in self.causes)


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
                if recorder is not None:
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


def measure(twin, kind, dose, has_rivals):
    """Train one run and return what the doctor and its rivals say of it."""
    began = time.process_time()
    recorder = Recorder(twin) if has_rivals else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of shapes that broadcast; a person may not read it
        doctor, outcome = train(twin, recorder)
        found = doctor.findings
        wiring = () if doctor.wiring is None else examine(doctor.wiring)
        unasked = [*wiring, *examine(replace(doctor.course, answers=None))]
    return Result(
        twin.task.part,
        twin.task.name,
        twin.seed,
        twin.optimizer,
        kind,
        dose,
        outcome,
        alarms=alarms_in(found),
        notes=[one.id for one in found if one.severity is Severity.NOTE],
        causes=causes_of(found),
        unasked=alarms_in(unasked),
        early=alarms_in(wiring),
        rivals={name: rule(twin, recorder.epochs) if recorder else None for name, rule in RULES.items()},
        unlooked=list(doctor.unlooked),
        seconds=time.process_time() - began,
        answers=asdict(answers) if (answers := doctor.course.answers) else {},
    )


def alarms_in(findings):
    return [one.id for one in findings if one.severity is not Severity.NOTE]


def causes_of(findings):
    """Return the id of the first alarm, and of what it follows from."""
    by_id = {one.id: one for one in findings}
    first = next((one for one in findings if one.severity is not Severity.NOTE), None)
    ids = []
    while first is not None and first.id not in ids:
        ids.append(first.id)
        first = by_id.get(first.cause)
    return ids


def twins_of(task, kinds, seeds, has_rivals):
    """Yield the healthy runs of a task, and the faulty ones of each cell."""
    plain = {}
    for kind in kinds:
        turn = list(FAULTS).index(kind) + list(TASKS).index(task) if kind != "A12" else 0  # Adam has no such fault
        dose, optimizer = turn % NUM_DOSES, OPTIMIZERS[turn % len(OPTIMIZERS)]
        cell = []
        for seed in range(seeds):
            first = healthy(task, seed, optimizer)
            changed = sick(first, kind, dose)
            if changed is None:
                break
            if (optimizer, seed) not in plain:
                twin = plain[optimizer, seed] = measure(fresh(first), "", None, has_rivals)
                twin.loss = twin.score - score_of_constant(first)
                yield twin
            one = measure(changed, kind, dose if FAULTS[kind].has_doses else None, has_rivals)
            one.loss = plain[optimizer, seed].score - one.score
            cell.append(one)
        is_harmful = bool(cell) and statistics.median(one.loss for one in cell) >= HARMFUL
        for one in cell:
            one.is_harmful = is_harmful
        yield from cell


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
            ("harmful faults found without asking afterwards", harmful, lambda one: bool(one.unasked)),
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


def is_healthy(run, healthy_runs):
    """Return whether a run without a fault has learnt, and about as much as most of its task.

    Args:
        run: to be judged.
        healthy_runs: of all tasks.
    """
    scores = [one.score for one in healthy_runs if one.task == run.task]
    spread = statistics.median(abs(one - statistics.median(scores)) for one in scores)
    return run.loss >= LEARNT and run.score >= statistics.median(scores) - max(NEAR, DEVIATION * spread)


def report(results):
    """Return the lines of the section."""
    healthy_runs = [one for one in results if not one.kind]
    learns = {(one.task, one.optimizer, one.seed) for one in healthy_runs if is_healthy(one, healthy_runs)}
    plain = [one for one in healthy_runs if (one.task, one.optimizer, one.seed) in learns]
    faulty = [one for one in results if one.kind and (one.task, one.optimizer, one.seed) in learns]
    unlearnt = len(healthy_runs) - len(plain)
    seconds = sum(one.seconds for one in results)
    head = f"{len(plain)} healthy and {len(faulty)} faulty runs in {seconds:,.0f} seconds of the processor; {unlearnt} runs"
    return [
        f"{head} without a fault are not healthy by their outcome, and are left out with their twins.",
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
    """Train all twins and write the tables, one for each part."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--part", choices=("D", "T"), help="of the tasks; both when it is left out")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--kinds", nargs="+", choices=list(FAULTS), default=list(FAULTS))
    parser.add_argument("--no-rivals", action="store_true", help="run the doctor alone")
    parser.add_argument("--print-only", action="store_true", help="leave the file of results as it is")
    given = parser.parse_args()
    torch.set_num_threads(1)
    results = []
    for name, task in TASKS.items():
        for one in twins_of(name, given.kinds, given.seeds, not given.no_rivals) if given.part in (None, task.part) else ():
            results.append(one)
            print(json.dumps(asdict(one)), flush=True)
    lines = []
    for part, what in (("T", "which no threshold has seen"), ("D", "on which thresholds were set")):
        if given.part in (None, part):
            lines += [f"Part {part}, {what}:", "", *report([one for one in results if one.part == part]), ""]
    print("\n".join(lines))
    if not given.print_only:
        sys.path.append(str(Path(__file__).resolve().parents[1]))
        from results import write_section

        command = "python bench/doctor/run.py" + (f" --part {given.part}" if given.part else "")
        write_section("The doctor on seeded faults, beside its rivals", command, lines)


if __name__ == "__main__":
    main()
