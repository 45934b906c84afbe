"""Linear layers that the members of an ensemble share, with a little that is each member's own."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from espalier.models.layers.options import check_choice

SCALE_STARTS = ("ones", "signs", "normal")
FOLD_COST = 3  # measured: one product for each member pays from here on, see `BatchEnsembleLinear.forward`


def start_scale(shape: tuple[int, int], start: str, sections: Sequence[int] | None = None) -> Tensor:
    """Return first values of a scale.

    Paper: Gorishniy, Kotelnikov, Babenko 2024, arXiv 2410.24210, section 3; that the values of one column are equal at first:
    its code.

    Args:
        shape: (E, D).
        start: "ones", "signs" (1 or -1 at random) or "normal".
        sections: lengths that sum to D, one for each column of the table; a member's values within one are drawn together.
    """
    check_choice("first scale", start, SCALE_STARTS)
    num_members, width = shape
    lengths = torch.tensor([1] * width if sections is None else list(sections))
    drawn = torch.ones(num_members, len(lengths))
    if start == "signs":
        drawn.bernoulli_(0.5).mul_(2).sub_(1)
    elif start == "normal":
        drawn.normal_()
    return drawn.repeat_interleave(lengths, dim=1)


class MemberScale(nn.Module):
    """Makes the members of an ensemble from one input: each scales its columns in its own way.

    Paper: arXiv 2410.24210, section 3, the only thing that members of TabM-mini do not share.

    Args:
        num_members: E.
        width: D.
        start: first values, see `start_scale`.
        sections: see `start_scale`.

    Shapes: (B, D) to (E, B, D).
    """

    def __init__(self, num_members: int, width: int, start: str, sections: Sequence[int] | None = None) -> None:
        super().__init__()
        self.scale = nn.Parameter(start_scale((num_members, width), start, sections))

    def forward(self, x: Tensor) -> Tensor:
        """Return each member's view of the rows."""
        return x * self.scale[:, None]


class BatchEnsembleLinear(nn.Module):
    """A linear layer with one weight for all members; each member scales the inputs and the outputs and adds its own bias.

    Paper: Wen, Tran, Ba 2020, arXiv 2002.06715, equation 5; first values: arXiv 2410.24210, section 3.

    Args:
        num_members: E.
        in_features: I.
        out_features: O.
        start: first values of the scale of the inputs, see `start_scale`; the scale of the outputs begins at one.
        sections: see `start_scale`.

    Shapes: (E, B, I), or (B, I) as the input of all, to (E, B, O).
    """

    def __init__(
        self, num_members: int, in_features: int, out_features: int, start: str = "ones", sections: Sequence[int] | None = None
    ) -> None:
        super().__init__()
        self.num_members = num_members
        self.weight = nn.Parameter(torch.empty(out_features, in_features))
        self.scale_in = nn.Parameter(start_scale((num_members, in_features), start, sections))
        self.scale_out = nn.Parameter(start_scale((num_members, out_features), "ones"))
        bound = in_features**-0.5  # as torch.nn.Linear
        nn.init.uniform_(self.weight, -bound, bound)
        bias = torch.empty(out_features).uniform_(-bound, bound)  # one draw for all members
        self.bias = nn.Parameter(bias.repeat(num_members, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return each member's output.

        With many rows the scales are folded into a weight for each member, otherwise they are applied to the rows: the
        same arithmetic, whichever touches fewer values.
        """
        rows, (out_features, in_features) = x.shape[-2], self.weight.shape
        if rows * (in_features + out_features) >= FOLD_COST * in_features * out_features:
            weight = self.weight.t() * (self.scale_in[:, :, None] * self.scale_out[:, None, :])  # (E, I, O)
            return torch.baddbmm(self.bias[:, None], x.expand(self.num_members, -1, -1), weight)
        x = F.linear(x * self.scale_in[:, None], self.weight)
        return torch.addcmul(self.bias[:, None], x, self.scale_out[:, None])

    def extra_repr(self) -> str:
        """Return the sizes, for printing."""
        return f"{self.num_members} members, {self.weight.shape[1]} to {self.weight.shape[0]}"
