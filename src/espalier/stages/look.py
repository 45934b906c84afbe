"""The doctor beside a fit: the wiring before the first step, the course while it learns; what it finds goes into the folder."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from espalier.core.errors import TrainingError
from espalier.core.files import write_json
from espalier.core.finding import Finding, Severity
from espalier.core.plan import DiagnosisPlan
from espalier.core.progress import EpochDone
from espalier.diagnosis.examine import examine
from espalier.diagnosis.task_watch import look_at, watch_task
from espalier.tasks.task import Task
from espalier.training.fit import Fit


def refuse_stops(findings: Iterable[Finding], plan: DiagnosisPlan) -> None:
    """End the run when an exact rule is broken, unless the plan says otherwise.

    Args:
        findings: what was found.
        plan: whether to stop.

    Raises:
        TrainingError: with every finding of severity "stop".
    """
    stops = [finding for finding in findings if finding.severity is Severity.STOP]
    if not plan.stop or not stops:
        return
    said = " ".join(f"{one.id}: {one.sentence} {one.advice or _cure(one)}".strip() for one in stops)
    ways = "To train all the same: --set diagnosis.stop=false; to look for a cure: --repair"
    raise TrainingError(f"The training was stopped. {said} {ways}")


def _cure(finding: Finding) -> str:
    first = next(iter(finding.repairs), None)
    return "" if first is None else f"Cure: {first.name}."


def watched_epochs(fit: Fit, task: Task, plan: DiagnosisPlan, deadline: float, member: int) -> Iterator[EpochDone]:
    """Train to the end under a doctor, and yield after each epoch.

    Args:
        fit: what learns; its findings are written into its folder.
        task: the question that it is asked.
        plan: whether to watch, and to stop.
        deadline: value of `time.monotonic()` at which to stop.
        member: number to put into what is yielded.

    Raises:
        TrainingError: an exact rule is broken.
    """
    if not plan.watch or fit.state.is_done:
        yield from fit.epochs(deadline, member)
        return
    position = fit.state.position
    batch = next(iter(fit.batches.epoch(position.epoch, position.batch)))
    wiring = replace(look_at(fit.model, task, batch, fit.optimizer), is_frozen_on_purpose=fit.adaptation is not None)
    refuse_stops(examine(wiring), plan)
    with watch_task(fit.model, task, fit.optimizer, fit.num_steps - position.step) as (doctor, watched):
        doctor.wiring = wiring
        fit.task = watched
        try:
            yield from fit.epochs(deadline, member)
        finally:  # a training that breaks down keeps what was found
            write_json(fit.folder.findings, [finding.to_mapping() for finding in doctor.findings])
