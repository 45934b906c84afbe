"""How often the doctor is wrong: healthy runs of many kinds, each judged by its outcome, trained under `watch`.

A run is drawn from optimizers, learning rates, batch sizes, schedules, norms and other things that people do and that are no
faults. It is healthy when its validation score is within 2 points, or one deviation over seeds if that is more, of the median
of eight plain runs of its task, and 10 points (of a faint signal 2) above the best constant answer; others are left out, and
counted. Of a rare class the score is the mean over classes: the share of all right answers hides that it is never found. To
them come the loops of the tests: generative models, policies, accumulation, units that are dead although the network learns. A
false alarm is a finding that says stop or warn.

    python bench/doctor/healthy.py [--part T] [--variants 24] [--print-only]
"""

import argparse
import json
import statistics
import sys
import warnings
from dataclasses import asdict, dataclass, field, replace
from inspect import isfunction, signature
from pathlib import Path

import numpy as np
import torch
from torch import nn
from twins import CRITERIA, Twin, loss_of, score, score_of_constant, share_right

from espalier import watch
from espalier.core.finding import Severity
from espalier.diagnosis.examine import checks
from espalier.evaluation.proportions import wilson
from tasks import TASKS, Data, _divided

NUM_SEEDS = 8
NEAR = 0.02  # of the median of the plain runs
LEARNT, FAINT_LEARNT = 0.10, 0.02  # above the best constant answer
EVALUATED = 24  # steps from one evaluation to the next
RARE = 20  # rows of other classes for one of class 0
TEST_FOLDER = Path(__file__).resolve().parents[2] / "tests"


@dataclass
class Habit:
    """How a healthy run is trained; none of it is a fault.

    Args:
        optimizer: "SGD", "momentum", "Adam", "AdamW" or "RMSprop".
        factor: of the task's learning rate.
        batch_size: rows.
        schedule: "", "cosine", "warm-up" or "steps".
        clip: largest norm of the gradients; None for any.
        every: batches for one update.
        part: what stands before the head: "", "dropout", "layer norm" or "batch norm".
        is_frozen: the body was trained before, and only a new head learns.
    """

    optimizer: str
    factor: float
    batch_size: int
    schedule: str
    clip: float | None
    every: int
    part: str
    is_frozen: bool


@dataclass
class Run:
    """One healthy run.

    Args:
        part: "D" or "T".
        task, number: what was trained, and which of its variants.
        habit: how; empty for a loop of the tests.
        outcome, median, constant: score on the validation rows, of plain runs, and of the best constant answer.
        is_healthy: by its outcome.
        alarms: sentences of the findings that say stop or warn, with their ids.
        has_stop: one of them says stop.
        scores: of every sign that is calibrated, by its id.
        answers: of the trained model, a simple model and trials.
    """

    part: str
    task: str
    number: int
    habit: dict
    outcome: float
    median: float
    constant: float
    is_healthy: bool
    alarms: list[str] = field(default_factory=list)
    has_stop: bool = False
    scores: dict[str, float] = field(default_factory=dict)
    answers: dict = field(default_factory=dict)


def rare(task):
    """Return a task of which class 0 has one row in twenty of the others."""

    def read(seed):
        data = task.read(seed)
        return Data(*_thinned(data.x, data.y), *_thinned(data.x_valid, data.y_valid))

    return replace(task, name=f"{task.name}, one class rare", read=read)


def _thinned(x, y):
    flat = y.flatten()
    others, few = torch.nonzero(flat != 0).flatten(), torch.nonzero(flat == 0).flatten()
    kept = torch.cat([others, few[: max(len(others) // RARE, 4)]])
    return x[kept], y[kept]


def _faint(seed):
    """Return a quantity of which a twelfth can be known."""
    stream = np.random.default_rng(seed)
    x = stream.normal(size=(2400, 6))
    y = 0.3 * (x[:, 0] + np.abs(x[:, 1]) - 0.8) / 1.17 + stream.normal(size=2400)
    return _divided(x, y[:, None].astype(np.float32), seed, is_scaled=False)


def all_tasks():
    """Return the tasks of the benchmark, some with a rare class, and a faint signal."""
    several = [*TASKS.values(), *(rare(TASKS[name]) for name in ("cancer, MLP", "shapes, strided CNN"))]
    perceptron = TASKS["diabetes, MLP"]
    several.append(replace(perceptron, name="faint, MLP", read=_faint))
    return {task.name: task for task in several}


def drawn_habit(task, number):
    """Return how a variant is trained; the same for the same task and number."""
    stream = np.random.default_rng([number, list(all_tasks()).index(task.name)])
    return Habit(
        optimizer=("SGD", "momentum", "Adam", "AdamW", "RMSprop")[number % 5],
        factor=float(stream.choice([0.4, 0.7, 1.0, 1.0, 1.5, 2.5])),
        batch_size=int(stream.choice([16, 32, 32, 64])),
        schedule=str(stream.choice(["", "", "cosine", "warm-up", "steps"])),
        clip=float(stream.choice([1.0, 5.0])) if stream.random() < 0.25 else None,
        every=int(stream.choice([1, 1, 1, 1, 2])),
        part=str(stream.choice(["", "", "", "dropout", "layer norm", "batch norm"])) if task.kind != "tokens" else "",
        is_frozen=bool(stream.random() < 0.1),
    )


def make(task, habit, seed):
    """Return a run that is ready to be trained, and the optimizer."""
    data = task.read(seed)
    torch.manual_seed(seed)
    model = task.build(data)
    width = model[1].in_features
    parts = {"dropout": nn.Dropout(0.3), "layer norm": nn.LayerNorm(width), "batch norm": nn.BatchNorm1d(width)}
    if habit.part:
        model = nn.Sequential(nn.Sequential(model[0], parts[habit.part]), model[1])
    rates = task.learning_rates
    twin = Twin(
        task, seed, data, model, CRITERIA[task.kind](), habit.optimizer, rates[habit.optimizer not in ("SGD", "momentum")]
    )
    if habit.is_frozen:
        train(twin, replace(habit, is_frozen=False, factor=1.0), is_watched=False)
        model[0].requires_grad_(False)
        model[1].reset_parameters()
    return twin


def make_optimizer(twin, habit):
    weights, rate = [one for one in twin.model.parameters() if one.requires_grad], twin.learning_rate * habit.factor
    if habit.optimizer == "SGD":  # without momentum a step is a tenth as long
        return torch.optim.SGD(weights, lr=3 * rate)
    if habit.optimizer == "momentum":
        return torch.optim.SGD(weights, lr=rate, momentum=0.9)
    if habit.optimizer == "RMSprop":
        return torch.optim.RMSprop(weights, lr=rate / 2)
    return (torch.optim.Adam if habit.optimizer == "Adam" else torch.optim.AdamW)(weights, lr=rate)


def make_schedule(optimizer, habit, num_steps):
    kinds = torch.optim.lr_scheduler
    if habit.schedule == "cosine":
        return kinds.CosineAnnealingLR(optimizer, num_steps)
    if habit.schedule == "steps":
        return kinds.MultiStepLR(optimizer, [int(0.6 * num_steps), int(0.85 * num_steps)])
    if habit.schedule == "warm-up":
        return kinds.OneCycleLR(optimizer, max_lr=optimizer.param_groups[0]["lr"] * 1.5, total_steps=num_steps + 1)
    return None


def train(twin, habit, is_watched=True):
    """Train a run and return the doctor, None without one, and the score."""
    data, model, num_steps = twin.data, twin.model, twin.num_steps
    optimizer = make_optimizer(twin, habit)
    schedule = make_schedule(optimizer, habit, num_steps)
    stream = torch.Generator().manual_seed(twin.seed)

    def loop():
        for step in range(num_steps):
            if step % EVALUATED == 0:
                evaluate(twin)
            model.train()
            optimizer.zero_grad()
            for _ in range(habit.every):
                rows = torch.randint(len(data.x), (habit.batch_size,), generator=stream)
                (loss_of(twin, twin.criterion, model(data.x[rows]), data.y[rows]) / habit.every).backward()
            if habit.clip:
                nn.utils.clip_grad_norm_(model.parameters(), habit.clip)
            optimizer.step()
            if schedule:
                schedule.step()

    doctor = None
    if is_watched:
        is_text = twin.task.kind == "tokens"
        with watch(model, optimizer, loss=twin.criterion, planned_steps=num_steps, causal=is_text) as doctor:
            loop()
            outcome = evaluate(twin)
    else:
        loop()
        outcome = evaluate(twin)
    return doctor, outcome


@torch.no_grad()
def evaluate(twin):
    """Return the score on the validation rows; the loss is computed too, as most loops do."""
    output = twin.model.eval()(twin.data.x_valid)
    loss_of(twin, twin.criterion, output, twin.data.y_valid)
    return balanced_score(twin, output) if is_rare(twin.task) else score(twin, output, twin.data.y_valid)


def is_rare(task):
    return task.name.endswith("rare")


def balanced_score(twin, output):
    """Return the mean over classes of the share of right answers: a constant is right in 19 of 20 rows, and in one class."""
    target = twin.data.y_valid
    each = [target.flatten() == name for name in target.unique()]
    return statistics.fmean(share_right(twin, output[rows], target[rows]) for rows in each)


def plain_scores(task):
    """Return the scores of eight plain runs of a task."""
    habit = Habit("Adam", 1.0, 32, "", None, 1, "", False)
    return [train(make(task, habit, seed), habit, is_watched=False)[1] for seed in range(NUM_SEEDS)]


def runs_of(task, num_variants):
    """Yield the runs of a task."""
    scores = plain_scores(task)
    median, deviation = statistics.median(scores), statistics.stdev(scores)
    for number in range(num_variants):
        habit = drawn_habit(task, number)
        twin = make(task, habit, NUM_SEEDS + number)
        constant = 1 / len(twin.data.y_valid.unique()) if is_rare(task) else score_of_constant(twin)
        doctor, outcome = train(twin, habit)
        learnt = FAINT_LEARNT if task.name.startswith("faint") else LEARNT
        is_healthy = outcome >= median - max(NEAR, deviation) and outcome > constant + learnt
        yield seen_by(doctor, Run(task.part, task.name, number, asdict(habit), outcome, median, constant, is_healthy))


def loops():
    """Yield the healthy loops of the tests, which judge their outcome."""
    sys.path.append(str(TEST_FOLDER))
    from diagnosis import healthy_loops

    for name, one in vars(healthy_loops).items():
        if isfunction(one) and list(signature(one).parameters) == ["watched"]:
            _, doctor = one(True)
            yield seen_by(doctor, Run("T", name.replace("_", " "), 0, {}, 0.0, 0.0, 0.0, True))


def seen_by(doctor, run):
    """Return a run with what the doctor says of it."""
    course = doctor.course
    signs = [module for module in checks("course") if hasattr(module, "score")]
    run.scores = {one.ID: value for one in signs if (value := one.score(course)) is not None}
    alarms = [one for one in doctor.findings if one.severity is not Severity.NOTE]
    run.answers = asdict(course.answers) if course.answers else {}
    run.alarms = [f"{one.id}: {one.sentence}" for one in alarms]
    run.has_stop = any(one.severity is Severity.STOP for one in alarms)
    return run


def all_runs(part, num_variants):
    """Yield the healthy runs of a part, or of both."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for task in all_tasks().values():
            if part in (None, task.part):
                yield from runs_of(task, num_variants)
        if part in (None, "T"):
            yield from loops()


def report(runs):
    """Return the lines of the section."""
    lines = ["| part | healthy runs | left out by their outcome | with an alarm | with a stop |", "|---" * 5 + "|"]
    for part in ("T", "D"):
        every = [one for one in runs if one.part == part]
        healthy = [one for one in every if one.is_healthy]
        if not healthy:
            continue
        cells = [part, str(len(healthy)), str(len(every) - len(healthy))]
        for hits in (sum(bool(one.alarms) for one in healthy), sum(one.has_stop for one in healthy)):
            low, high = wilson(hits, len(healthy))
            cells.append(f"{hits} of {len(healthy)}, {hits / len(healthy):.1%} ({low:.1%} to {high:.1%})")
        lines.append("| " + " | ".join(cells) + " |")
    said = [f"- {one.task} {one.number}: {alarm}" for one in runs if one.is_healthy for alarm in one.alarms]
    return [*lines, "", *(said or ["No healthy run got an alarm."])]


def main():
    """Train the healthy runs and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--part", choices=("D", "T"), help="of the tasks; both when it is left out")
    parser.add_argument("--variants", type=int, default=24, help="of each task")
    parser.add_argument("--print-only", action="store_true", help="leave the file of results as it is")
    given = parser.parse_args()
    torch.set_num_threads(1)
    runs = []
    for one in all_runs(given.part, given.variants):
        runs.append(one)
        print(json.dumps(asdict(one)), flush=True)
    lines = report(runs)
    print("\n".join(lines))
    if not given.print_only:
        sys.path.append(str(Path(__file__).resolve().parents[1]))
        from results import write_section

        command = "python bench/doctor/healthy.py" + (f" --part {given.part}" if given.part else "")
        write_section("The doctor beside healthy runs", command, lines)


if __name__ == "__main__":
    main()
