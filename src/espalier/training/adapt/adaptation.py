"""Adaptation: a model that starts from learnt weights, and which of its blocks learn when, how fast, and held how tightly.

Papers: gradual unfreezing and a rate for each depth, Howard & Ruder 2018 (ULMFiT), arXiv 1801.06146, sections 3.2 and 3.3;
first the head alone, Kumar et al. 2022, arXiv 2202.10054, section 4; the pull to the starting weights (L2-SP), Li, Grandvalet &
Davoine 2018, arXiv 1802.01483, equation 3.
Differs: no block learns slower than a hundredth of the head, and blocks are those of `depth`, not single layers.
"""

import copy
from collections.abc import Collection
from dataclasses import replace

import torch
from torch import nn

from espalier.core.plan_parts import AdaptPlan
from espalier.training.adapt.depth import blocks_of
from espalier.training.optimizers import Share

LEAST_SHARE = 0.01  # of the head's rate: with 2.6 for each block the sixth is there already


class Adaptation:
    """A model that starts from learnt weights. It holds nothing that changes: each epoch follows from its number.

    Make it when the model holds the starting weights, and the optimizer before the first `begin`, so that it holds every
    parameter: a frozen one has no gradient, and an optimizer leaves it as it is, to the bit.

    Args:
        model: with its starting weights.
        plan: what learns when; its weights and source are not read.
        fresh: names of the parameters that are no starting weights: the head, where it is for other classes.
    """

    def __init__(self, model: nn.Module, plan: AdaptPlan, fresh: Collection[str] = ()) -> None:
        self.model, self.plan, self.fresh = model, plan, frozenset(fresh)
        self.blocks = blocks_of(model, fresh)
        self._learnable = [[one for one in block.parameters if one.requires_grad] for block in self.blocks]
        self._start = [
            (weight, weight.detach().clone())
            for name, weight in model.named_parameters()
            if plan.l2_sp and name not in self.fresh and weight.requires_grad
        ]
        self._frozen: list[nn.Module] = []

    @property
    def shares(self) -> tuple[Share, ...]:
        """The share of the peak rate for each block, the head's first; empty where all learn alike.

        What is pulled to its starting weights is not pulled to zero as well.
        """
        if self.plan.rate_decay == 1 and not self.plan.l2_sp:
            return ()
        pulled = {id(weight) for weight, _ in self._start}
        shares = []
        for distance, block in enumerate(reversed(self.blocks)):
            rate = max(self.plan.rate_decay**-distance, LEAST_SHARE)
            held = tuple(one for one in block.parameters if id(one) in pulled)
            free = tuple(one for one in block.parameters if id(one) not in pulled)
            shares += [Share(free, rate), Share(held, rate, decays=False)]
        return tuple(share for share in shares if share.parameters)

    def num_learning(self, epoch: int) -> int:
        """Return how many blocks learn in an epoch, the head counted as the first.

        Args:
            epoch: from 0.
        """
        plan, every = self.plan, len(self.blocks)
        if plan.how == "frozen" or epoch < plan.warmup_epochs:
            return 1
        if plan.how == "last":
            return min(plan.layers, every)
        if plan.how == "gradual":
            return min((1 if not plan.warmup_epochs else 2) + (epoch - plan.warmup_epochs) // plan.unfreeze_epochs, every)
        return every

    def begin(self, epoch: int) -> None:
        """Let the blocks of an epoch learn, and freeze the others.

        Args:
            epoch: from 0.
        """
        first = len(self.blocks) - self.num_learning(epoch)
        for number, weights in enumerate(self._learnable):
            for weight in weights:
                weight.requires_grad_(number >= first)
        self._frozen = [module for block in self.blocks[:first] for module in block.modules]

    def settle(self) -> None:
        """Put frozen modules into eval mode: their norms keep the statistics that they learnt, and nothing is dropped."""
        for module in self._frozen:
            module.training = False

    def enter(self, epoch: int) -> None:
        """Freeze what an epoch freezes, and put it into eval mode; the rest stays in its mode.

        Args:
            epoch: from 0.
        """
        self.begin(epoch)
        self.settle()

    @torch.no_grad()
    def pull(self) -> None:
        """Add the gradient of l2_sp / 2 * sum (w - start)^2 to every starting weight that learns."""
        for weight, start in self._start:
            if weight.grad is not None:
                weight.grad.add_(weight - start, alpha=self.plan.l2_sp)

    def opened_copy(self) -> "Adaptation":
        """Return an adaptation of a copy of the model, of which all learns from the first epoch that ever will."""
        how = "full" if self.plan.how == "gradual" else self.plan.how
        return Adaptation(copy.deepcopy(self.model), replace(self.plan, how=how, warmup_epochs=0), self.fresh)
