"""Signs in how a model is built and held: cases beyond the pair of each check, most of them healthy models that look sick."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from diagnosis.wiring_examples import NUM_ROWS, Through, alarms, classes, mlp, non_finite, table, wiring_of
from espalier.core.finding import Severity
from espalier.diagnosis.checks.wiring import (
    looks_ahead,
    model_in_eval,
    mostly_frozen,
    no_nonlinearity,
    optimizer_misses_weights,
    rows_mixed,
    small_batch_norm,
    symmetric_weights,
    unrepeatable,
    weights_without_gradient,
)
from espalier.diagnosis.checks.wiring import non_finite as non_finite_check

BY_CLASS, SQUARED, BY_LOGIT = nn.CrossEntropyLoss(), nn.MSELoss(), nn.BCEWithLogitsLoss()


def held_by(model, *parts):
    """Return the finding on an optimizer that holds parts of a model alone."""
    weights = [weight for part in parts for weight in part.parameters()]
    optimizer = torch.optim.SGD(weights, lr=0.1)
    return optimizer_misses_weights.check(wiring_of(model, table(), classes(), BY_CLASS, optimizer=optimizer))


def three_layers():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 3))


def filled(model, value):
    for weight in model.parameters():
        if weight.ndim > 1:
            nn.init.constant_(weight, value)
    return model


def test_a_new_head_that_the_optimizer_does_not_hold_stops():
    model = three_layers()
    finding = held_by(model, model[0], model[2])
    assert finding.severity is Severity.STOP
    assert finding.modules == ("4.weight", "4.bias")
    assert "the module that makes the output is among them" in finding.sentence


def test_a_backbone_frozen_by_leaving_it_out_is_a_note_wherever_it_is_declared():
    model = Through(lambda self, x: self.head(self.body(x).relu()), head=nn.Linear(8, 3), body=nn.Linear(8, 8))
    finding = held_by(model, model.head)
    assert finding.severity is Severity.NOTE
    assert finding.modules == ("body.weight", "body.bias")


def test_weights_left_out_in_the_middle_are_a_warning():
    model = three_layers()
    assert held_by(model, model[0], model[4]).severity is Severity.WARN


def test_adapters_alone_in_the_optimizer_are_no_reason_to_stop():
    model = three_layers()
    assert held_by(model, model[2]).severity is Severity.WARN


def test_an_optimizer_for_matrices_alone_is_a_note():
    model = three_layers()
    optimizer = torch.optim.SGD([weight for weight in model.parameters() if weight.ndim > 1], lr=0.1)
    finding = optimizer_misses_weights.check(wiring_of(model, table(), classes(), BY_CLASS, optimizer=optimizer))
    assert finding.severity is Severity.NOTE
    assert "unless another optimizer holds them" in finding.sentence


def test_weights_of_another_loss_are_not_missed():
    model = Through(lambda self, x: self.mine(x), mine=nn.Linear(8, 3), other=nn.Linear(8, 3))
    assert held_by(model, model.mine) is None


def test_a_nan_that_the_model_takes_care_of_is_healthy_and_one_in_the_target_is_not():
    assert alarms(non_finite(False)) == []
    x = table()
    y = x[:, :1].clone()
    y[2] = float("nan")
    finding = non_finite_check.check(wiring_of(mlp(8, 1), x, y, SQUARED))
    assert "1 value of the target is infinite or not a number" in finding.sentence


def test_a_target_with_gaps_that_the_loss_leaves_out_is_healthy():
    x = table()
    y = torch.where(x[:, :1] > 0, x[:, :1], torch.nan)
    assert non_finite_check.check(wiring_of(mlp(8, 1), x, y, lambda o, t: (o - t).square().nanmean())) is None


def test_the_first_module_that_is_not_finite_is_named():
    model = nn.Sequential(nn.Linear(8, 8), Through(lambda self, x: x.log()), nn.Linear(8, 3))
    finding = non_finite_check.check(wiring_of(model, table(), classes(), BY_CLASS))
    assert finding.modules == ("1",)
    assert "the output of '1' is infinite or not a number" in finding.sentence


def test_a_mask_of_minus_infinity_is_healthy_and_a_broken_weight_is_not():
    x, mask = table(), torch.zeros(NUM_ROWS, 8).masked_fill(torch.arange(8) > 4, -torch.inf)
    model = Through(lambda self, x, mask: self.body((x + mask).softmax(dim=1)), body=mlp())
    assert non_finite_check.check(wiring_of(model, (x, mask), classes(), BY_CLASS)) is None
    with torch.no_grad():
        model.body[0].bias[1] = torch.nan
    assert non_finite_check.check(wiring_of(model, (x, mask), classes(), BY_CLASS)).modules == ("body.0.bias",)


def test_weights_that_the_output_does_not_depend_on_are_a_note():
    def run(self, x):
        self.pooler(x)  # as in many language models: called, and its output thrown away
        return self.head(x)

    model = Through(run, pooler=nn.Linear(8, 8), expert=nn.Linear(8, 3), head=nn.Linear(8, 3))
    finding = weights_without_gradient.check(wiring_of(model, table(), classes(), BY_CLASS))
    assert finding.severity is Severity.NOTE
    assert finding.evidence["num_lacking"] == 4


def test_layers_left_out_at_random_are_no_reason_to_stop():
    def run(self, x):
        return self.head(x if self.training else x + self.body(x).relu())

    model = Through(run, body=nn.Linear(8, 8), head=nn.Linear(8, 3))
    assert weights_without_gradient.check(wiring_of(model, table(), classes(), BY_CLASS)).severity is Severity.NOTE


def test_a_detached_recurrent_layer_stops():
    x = torch.randn(16, 5, 3)
    model = Through(
        lambda self, x: self.head(self.recurrent(x)[0][:, -1].detach()),
        recurrent=nn.LSTM(3, 8, batch_first=True),
        head=nn.Linear(8, 2),
    )
    finding = weights_without_gradient.check(wiring_of(model, x, classes(2, 16), BY_CLASS))
    assert finding.severity is Severity.STOP
    assert finding.evidence == {"num_lacking": 4, "num_cut": 4, "num_trained": 6}


def test_no_gradient_at_all_stops():
    wiring = wiring_of(mlp(), table(), classes(), BY_CLASS, gradients={})
    assert weights_without_gradient.check(wiring).severity is Severity.STOP


def test_frozen_weights_need_no_gradient():
    model = mlp()
    model[0].requires_grad_(False)
    assert weights_without_gradient.check(wiring_of(model, table(), classes(), BY_CLASS)) is None


def test_eval_mode_over_a_frozen_backbone_is_a_note_and_without_dropout_nothing():
    model = nn.Sequential(nn.Linear(8, 64), nn.BatchNorm1d(64), nn.Linear(64, 3)).eval()
    model[0].requires_grad_(False)
    assert model_in_eval.check(wiring_of(model, table(), classes(), BY_CLASS)).severity is Severity.NOTE
    assert model_in_eval.check(wiring_of(mlp().eval(), table(), classes(), BY_CLASS)) is None


@pytest.mark.parametrize("num_rows", [10, 16])
def test_time_first_is_no_mixing_of_rows(num_rows):
    torch.manual_seed(0)
    x = torch.randn(num_rows, 16, 3)  # (T, B, F)
    each = Through(lambda self, x: self.head(self.recurrent(x)[0]), recurrent=nn.LSTM(3, 8), head=nn.Linear(8, 1))
    last = Through(lambda self, x: self.head(self.recurrent(x)[0][-1]), recurrent=nn.LSTM(3, 8), head=nn.Linear(8, 1))
    assert rows_mixed.check(wiring_of(each, x, torch.randn(num_rows, 16, 1), SQUARED)) is None
    assert rows_mixed.check(wiring_of(last, x, torch.randn(16, 1), SQUARED)) is None


def test_the_places_of_a_graph_may_mix():
    x = table()
    edges, dense = torch.randint(0, NUM_ROWS, (2, 200)), (torch.rand(NUM_ROWS, NUM_ROWS) < 0.1).float()
    sparse = Through(lambda self, x, e: torch.zeros(NUM_ROWS, 3).index_add(0, e[1], self.body(x)[e[0]]), body=mlp())
    matrix = Through(lambda self, x, a: a @ self.body(x), body=mlp())
    assert rows_mixed.check(wiring_of(sparse, (x, edges), classes(), BY_CLASS)) is None
    assert rows_mixed.check(wiring_of(matrix, (x, dense), classes(), BY_CLASS)) is None


def test_a_loss_over_pairs_of_rows_may_mix():
    x = table()
    model = Through(lambda self, a, b: self.left(a) @ self.right(b).T, left=nn.Linear(8, 4), right=nn.Linear(8, 4))
    wiring = wiring_of(model, (x, x + 0.1), torch.arange(NUM_ROWS), BY_CLASS)
    assert wiring.mixing > rows_mixed.MAX_MIXING
    assert rows_mixed.check(wiring) is None


def test_rows_mix_where_the_loss_is_not_known_or_batch_norm_keeps_no_statistics():
    x, mixed = table(), Through(lambda self, x: self.body(x - x.mean(dim=0)), body=mlp())
    norm = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8, track_running_stats=False), nn.ReLU(), nn.Linear(8, 3))
    assert rows_mixed.check(wiring_of(mixed, x, classes(), BY_CLASS)) is not None
    assert rows_mixed.check(wiring_of(mixed, x)) is None
    assert rows_mixed.check(wiring_of(norm, x, classes(), BY_CLASS)) is None


def test_attention_over_the_rows_of_token_batches_is_found_when_the_model_is_causal():
    torch.manual_seed(0)
    tokens = torch.randint(0, 12, (16, 6))

    def run(self, tokens):
        x = self.embedding(tokens)
        return self.head(self.attention(x, x, x, need_weights=False)[0]).transpose(1, 2)

    model = Through(run, embedding=nn.Embedding(12, 8), attention=nn.MultiheadAttention(8, 1), head=nn.Linear(8, 12))
    assert rows_mixed.check(wiring_of(model, tokens, tokens, BY_CLASS, causal=True)) is not None
    assert rows_mixed.check(wiring_of(model, tokens, tokens, BY_CLASS)) is None


def test_draws_on_purpose_and_a_kept_state_are_notes():
    model = Through(lambda self, x: self.body(x + 0.1 * torch.randn_like(x)), body=mlp(8, 8))
    x = table()
    finding = unrepeatable.check(wiring_of(model, x, x, SQUARED))
    assert finding.severity is Severity.NOTE
    assert "it draws by randn_like" in finding.sentence
    counter = iter(range(1000))
    stateful = Through(lambda self, x: self.body(x) + next(counter), body=mlp(8, 8))
    finding = unrepeatable.check(wiring_of(stateful, x, x, SQUARED))
    assert finding.severity is Severity.NOTE
    assert "it keeps a state" in finding.sentence


def test_gates_that_begin_closed_are_healthy():
    x = table()
    model = Through(
        lambda self, x: self.head(self.stem(x) + self.gate * self.body(self.stem(x))),
        stem=nn.Linear(8, 8),
        body=mlp(8, 8),
        gate=nn.Linear(1, 1, bias=False),
        head=nn.Linear(8, 1),
    )
    model.gate = nn.Parameter(torch.zeros(1))
    assert alarms(wiring_of(model, x, x[:, :1], SQUARED)) == []


def test_scales_of_an_ensemble_that_begin_at_one_are_healthy():
    x = table()
    model = Through(
        lambda self, x: self.head((self.body(x).relu()[:, None] * self.first) * self.second).mean(dim=1),
        body=nn.Linear(8, 16),
        head=nn.Linear(16, 3),
    )
    model.first = nn.Parameter(torch.randint(0, 2, (4, 16)) * 2.0 - 1)
    model.second = nn.Parameter(torch.ones(4, 16))
    assert alarms(wiring_of(model, x, classes(), BY_CLASS)) == []


def test_members_that_are_copies_of_each_other_are_found():
    model = Through(lambda self, x: self.head(self.body(x).relu()[:, None] * self.scale).mean(dim=1), body=nn.Linear(8, 16))
    model.head, model.scale = nn.Linear(16, 3), nn.Parameter(torch.ones(4, 16))
    assert symmetric_weights.check(wiring_of(model, table(), classes(), BY_CLASS)).modules == ("scale",)


def test_constant_gates_of_a_recurrent_layer_are_found():
    torch.manual_seed(0)
    model = Through(lambda self, x: self.head(self.recurrent(x)[0][:, -1]), recurrent=nn.GRU(3, 8, batch_first=True))
    model.head = nn.Linear(8, 2)
    wiring = wiring_of(filled(model, 0.05), torch.randn(16, 6, 3), classes(2, 16), BY_CLASS)
    assert set(symmetric_weights.check(wiring).modules) >= {"recurrent.weight_ih_l0", "recurrent.weight_hh_l0"}


def test_zeros_everywhere_are_found_and_zeros_of_a_linear_model_are_healthy():
    zeros = mlp()
    for weight in zeros.parameters():
        nn.init.zeros_(weight)
    assert "All 2 matrices are zero" in symmetric_weights.check(wiring_of(zeros, table(), classes(), BY_CLASS)).sentence
    additive = Through(lambda self, x: self.a(x) + self.b(x * x), a=nn.Linear(8, 3), b=nn.Linear(8, 3))
    assert symmetric_weights.check(wiring_of(filled(additive, 0.0), table(), classes(), BY_CLASS)) is None


def test_linear_models_that_are_meant_are_healthy():
    x = table()
    narrow = nn.Sequential(nn.Linear(8, 3), nn.Linear(3, 8))
    beside = Through(lambda self, x: self.a(x) + self.b(x), a=nn.Linear(8, 8), b=nn.Linear(8, 8))
    for model in (nn.Linear(8, 8), narrow, beside):
        assert no_nonlinearity.check(wiring_of(model, x, x, SQUARED)) is None


def test_batch_norm_and_dropout_do_not_bend():
    model = nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.Dropout(0.1), nn.Linear(32, 3))
    assert no_nonlinearity.check(wiring_of(model, table(), classes(), BY_CLASS)) is not None


def test_small_batches_without_batch_norm_are_healthy():
    assert alarms(wiring_of(mlp(), table(num_rows=2), classes(3, 2), BY_CLASS)) == []
    over_places = Through(
        lambda self, x: self.head(self.norm(x.flatten(0, 1))).view(2, 10, 3).mean(dim=1), norm=nn.BatchNorm1d(4)
    )
    over_places.head = nn.Linear(4, 3)
    assert small_batch_norm.check(wiring_of(over_places, torch.randn(2, 10, 4), classes(3, 2), BY_CLASS)) is None


def test_a_model_of_which_nothing_or_everything_is_frozen_is_not_told():
    for is_trained in (True, False):
        model = mlp().requires_grad_(is_trained)
        assert mostly_frozen.check(wiring_of(model, table(), classes(), BY_CLASS)) is None


@pytest.mark.parametrize("is_transposed", [False, True])
def test_a_causal_model_may_take_its_mask_and_give_either_layout(is_transposed):
    torch.manual_seed(0)
    tokens = torch.randint(0, 6, (6, 6))  # as many rows as places, and as classes

    def run(self, tokens, mask):
        query, key, value = self.qkv(self.embedding(tokens)).chunk(3, dim=-1)
        output = self.head(F.scaled_dot_product_attention(query, key, value, attn_mask=mask))
        return output.transpose(1, 2) if is_transposed else output

    model = Through(run, embedding=nn.Embedding(6, 8), qkv=nn.Linear(8, 24), head=nn.Linear(8, 6))
    mask = torch.full((6, 6), -torch.inf).triu(1)
    wiring = wiring_of(model, (tokens, mask), causal=True)
    assert wiring.look_ahead == 0
    assert looks_ahead.check(wiring) is None
    assert looks_ahead.check(wiring_of(model, (tokens, torch.zeros(6, 6)), causal=True)) is not None


def test_what_cannot_be_looked_at_leaves_the_other_facts():
    def awkward(output, target):
        raise RuntimeError("no such loss")

    wiring = wiring_of(mlp(), table(), classes(), awkward)
    assert [one.split(":")[0] for one in wiring.unlooked] == ["losses", "reach"]
    assert len(wiring.weights) == 4
    assert wiring.spread is not None
    assert alarms(replace(wiring, unlooked=())) == []
