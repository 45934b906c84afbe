"""Fits one network: epochs with validation, early stopping, checkpoints, and a bit-exact way back after any interruption."""

import csv
import io
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from espalier.core.batch import Batches
from espalier.core.errors import TrainingError
from espalier.core.files import write_text
from espalier.core.plan import LearningPlan
from espalier.core.progress import EpochDone
from espalier.core.run_folder import MemberFolder
from espalier.core.seeds import derive_seed
from espalier.training.adapt.adaptation import Adaptation
from espalier.training.averaging import WeightAverage
from espalier.training.checkpoint import Checkpoint, load_optimizer, optimizer_tensors, read_checkpoint, write_checkpoint
from espalier.training.interruption import held_interruption
from espalier.training.loop import Learnable, Position, Step, Way, learn
from espalier.training.optimizers import make_optimizer
from espalier.training.schedules import PLATEAU_FACTOR, make_schedule

MAX_LOGGED_STEPS = 2000
PLATEAU_SHARE = 0.5  # "plateau": the rate falls after this share of the patience without a better score


@dataclass(frozen=True)
class Judgement:
    """How good the model is on the validation part.

    Args:
        loss: mean loss.
        score: the main metric in the person's units.
    """

    loss: float
    score: float


@dataclass(frozen=True)
class Examiner:
    """Judges a model on the validation part.

    The loss decides which weights are kept: on few rows a metric such as ROC AUC moves in steps, and its best value is luck.

    Args:
        judge: called with the model.
        metric: name of the score.
    """

    judge: Callable[[nn.Module], Judgement]
    metric: str

    def is_better(self, new: Judgement, old: Judgement | None) -> bool:
        """Return whether `new` beats `old`. A loss that is no number beats nothing."""
        return not math.isnan(new.loss) and (old is None or new.loss < old.loss)


@dataclass
class State:
    """Where a fit stands; goes into each checkpoint.

    Args:
        position: the next batch.
        loss_sum, num_losses: of the epoch under way.
        best: the best judgement so far.
        best_epoch: when it was made, from 1.
        stale_epochs: epochs since then.
        seconds: spent learning, sessions before a resume included.
        history: one row an epoch.
        steps: one row a logged step.
        is_done: whether learning is over.
    """

    position: Position = field(default_factory=Position)
    loss_sum: float = 0.0
    num_losses: int = 0
    best: Judgement | None = None
    best_epoch: int = 0
    stale_epochs: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    steps: list[dict[str, float]] = field(default_factory=list)
    is_done: bool = False


class Fit:
    """One network being fitted.

    Args:
        model: trained in place; at the end it holds the best weights. An adaptation of one says which parts learn when.
        task: the question.
        batches: the training part.
        examiner: scores the validation part.
        plan: the way of learning; its learning rate and precision must be decided.
        folder: checkpoints and histories go there; an existing checkpoint there is continued.
        seed: of dropout and whatever else draws random numbers during training.
    """

    def __init__(
        self,
        model: nn.Module | Adaptation,
        task: Learnable,
        batches: Batches,
        examiner: Examiner,
        plan: LearningPlan,
        folder: MemberFolder,
        seed: int,
    ) -> None:
        if plan.learning_rate is None or plan.precision == "auto":
            raise TrainingError("The learning rate and the precision must be decided before a fit. Use `process.train`.")
        self.adaptation = model if isinstance(model, Adaptation) else None
        self.model: nn.Module = model.model if isinstance(model, Adaptation) else model
        self.task, self.batches, self.examiner, self.plan, self.folder = task, batches, examiner, plan, folder
        shares = self.adaptation.shares if self.adaptation else ()
        self.optimizer: Optimizer = make_optimizer(self.model, plan, plan.learning_rate, shares)  # before anything is frozen
        self.average = None if plan.average is None else WeightAverage(self.model, plan.average)
        updates = math.ceil(len(batches) / plan.accumulate)
        self.num_steps = plan.epochs * updates
        self.way = Way(
            epochs=plan.epochs,
            schedule=make_schedule(plan.schedule, self.num_steps, plan.warmup_fraction),
            clip_norm=plan.clip_norm,
            accumulate=plan.accumulate,
            l1=plan.l1,
            precision=plan.precision,
            average=self.average,
            adapting=self.adaptation,
        )
        if plan.schedule in ("constant", "plateau") and not plan.warmup_fraction:
            self.way = Way(**{**vars(self.way), "schedule": None})  # the rate is only touched where it changes
        self.log_every = math.ceil(self.num_steps / MAX_LOGGED_STEPS)
        self.state = State()
        self.best_weights: dict[str, Tensor] = {}
        torch.manual_seed(derive_seed(seed, "learning"))
        if folder.last.exists():
            self._resume()
        if self.adaptation is not None:
            self.adaptation.enter(self.state.position.epoch)  # who looks before the first step sees what will learn

    def epochs(self, deadline: float = math.inf, member: int = 0) -> Iterator[EpochDone]:
        """Train to the end and yield after each epoch.

        Args:
            deadline: value of `time.monotonic()` at which to stop; the epoch under way then counts as the last one.
            member: number to put into what is yielded.

        Raises:
            TrainingError: the loss is no longer a finite number.
            KeyboardInterrupt: the person asked to stop; the checkpoint is written.
        """
        with held_interruption() as interruption:
            began = saved = time.monotonic() - self.state.seconds
            saved += self.state.seconds
            steps = (
                iter(())
                if self.state.is_done
                else learn(self.model, self.task, self.batches, self.optimizer, self.way, self.state.position)
            )
            for step in steps:
                self._count(step)
                now = time.monotonic()
                self.state.seconds = now - began
                is_late = now > deadline
                if step.is_last_of_epoch or is_late:
                    done = self._end_epoch(step, member, is_late)
                    yield replace(done, remaining_seconds=min(done.remaining_seconds, max(deadline - now, 0.0)))
                if self.state.is_done:
                    break
                if interruption.requested or now - saved > self.plan.checkpoint_seconds:
                    self.save()
                    saved = time.monotonic()
                if interruption.requested:
                    raise KeyboardInterrupt
            self._finish()

    def _count(self, step: Step) -> None:
        """Take in one update."""
        loss = float(step.loss)
        state = self.state
        state.position = step.position
        state.loss_sum += loss
        state.num_losses += 1
        if (step.position.step - 1) % self.log_every == 0:
            if not math.isfinite(loss):
                self._refuse(loss)
            row = {"step": step.position.step, "loss": loss, "learning_rate": step.learning_rate}
            if step.gradient_norm is not None:
                row["gradient_norm"] = float(step.gradient_norm)
            state.steps.append(row)

    def _refuse(self, loss: float) -> None:
        rate = self.optimizer.param_groups[0]["lr"]
        raise TrainingError(
            f"The training loss became {loss} at step {self.state.position.step} (learning rate {rate:.2g}). "
            "The weights are no longer usable. Train again with a lower rate, for example "
            f"--set learning.learning_rate={rate / 10:.2g}, or with --set learning.clip_norm=1."
        )

    def _end_epoch(self, step: Step, member: int, is_late: bool) -> EpochDone:
        """Judge the model, keep it if it is the best, and decide whether to go on."""
        state = self.state
        train_loss = state.loss_sum / state.num_losses
        if not math.isfinite(train_loss):
            self._refuse(train_loss)
        judgement = self._judge()
        epoch = len(state.history) + 1
        if self.examiner.is_better(judgement, state.best):
            state.best, state.best_epoch, state.stale_epochs = judgement, epoch, 0
            self.best_weights = self._weights()
        else:
            state.stale_epochs += 1
            self._lower_rate_on_plateau()
        state.history.append(
            {
                "epoch": epoch,
                "train_loss": train_loss,
                "valid_loss": judgement.loss,
                "score": judgement.score,
                "learning_rate": step.learning_rate,
                "seconds": state.seconds,
            }
        )
        state.loss_sum, state.num_losses = 0.0, 0
        state.is_done = is_late or epoch >= self.plan.epochs or state.stale_epochs >= self.plan.patience
        best = judgement.score if state.best is None else state.best.score
        remaining = state.seconds / epoch * (self.plan.epochs - epoch)
        return EpochDone(
            member=member,
            epoch=epoch,
            epochs=self.plan.epochs,
            train_loss=train_loss,
            valid_loss=judgement.loss,
            metric=self.examiner.metric,
            score=judgement.score,
            best=best,
            learning_rate=step.learning_rate,
            seconds=state.seconds,
            remaining_seconds=remaining,
        )

    def _judge(self) -> Judgement:
        if self.average is None:
            return self.examiner.judge(self.model)
        with self.average.swapped():
            return self.examiner.judge(self.model)

    def _weights(self) -> dict[str, Tensor]:
        """Return a copy of the weights that were judged."""
        weights = {name: tensor.detach().clone() for name, tensor in self.model.state_dict().items()}
        if self.average is not None:
            weights |= {name: tensor.clone() for name, tensor in self.average.state().items()}
        return weights

    def _lower_rate_on_plateau(self) -> None:
        wait = max(1, round(self.plan.patience * PLATEAU_SHARE))
        if self.plan.schedule == "plateau" and self.state.stale_epochs % wait == 0:
            for group in self.optimizer.param_groups:
                group["lr"] *= PLATEAU_FACTOR
                group["initial_lr"] *= PLATEAU_FACTOR

    def _finish(self) -> None:
        """Put the best weights into the model and write everything down."""
        self.state.is_done = True
        if not self.best_weights:
            raise TrainingError("The validation loss was no number in any epoch, so no model was kept.")
        self.save()
        write_checkpoint(self.folder.best, Checkpoint(self.best_weights, {"epoch": self.state.best_epoch}))
        self.model.load_state_dict(self.best_weights)

    def save(self) -> None:
        """Write the checkpoint and the histories."""
        average = {} if self.average is None else self.average.state()
        tensors = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        tensors |= {f"optimizer.{name}": tensor for name, tensor in optimizer_tensors(self.optimizer).items()}
        tensors |= {f"best.{name}": tensor for name, tensor in self.best_weights.items()}
        tensors |= {f"average.{name}": tensor for name, tensor in average.items()}
        tensors["random.cpu"] = torch.get_rng_state()
        if any(weight.is_cuda for weight in self.model.parameters()):
            tensors["random.cuda"] = torch.cuda.get_rng_state()
        rates = [(group["lr"], group.get("initial_lr", group["lr"])) for group in self.optimizer.param_groups]
        state = asdict(self.state) | {"rates": rates, "num_averaged": self.average.num_updates if self.average else 0}
        write_checkpoint(self.folder.last, Checkpoint(tensors, state))
        write_text(self.folder.epochs, _csv(self.state.history))
        write_text(self.folder.steps, _csv(self.state.steps))

    def _resume(self) -> None:
        """Take everything from the last checkpoint."""
        saved = read_checkpoint(self.folder.last)
        state: dict[str, Any] = dict(saved.state)
        rates, num_averaged = state.pop("rates"), state.pop("num_averaged")
        best = state.pop("best")
        self.state = State(
            **{**state, "position": Position(**state["position"])}, best=None if best is None else Judgement(**best)
        )
        self.model.load_state_dict(saved.part("model"))
        load_optimizer(self.optimizer, saved.part("optimizer"), [(rate, peak) for rate, peak in rates])
        self.best_weights = saved.part("best")
        if self.average is not None:
            self.average.load(saved.part("average"), num_averaged)
        torch.set_rng_state(saved.tensors["random.cpu"])
        if "random.cuda" in saved.tensors:
            torch.cuda.set_rng_state(saved.tensors["random.cuda"])


def _csv(rows: list[dict[str, float]]) -> str:
    """Return rows as CSV text; numbers are written so that they read back exactly."""
    file = io.StringIO()
    writer = csv.DictWriter(file, fieldnames=list(rows[0]) if rows else ["epoch"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()
