"""Signs in what goes into a model, a loss and a first step: cases beyond the pair of each check, most of them healthy."""

import pytest
import torch
from torch import nn

from diagnosis.wiring_examples import NUM_ROWS, Through, alarms, classes, mlp, table, wiring_of
from espalier.core.finding import Severity
from espalier.diagnosis.checks.wiring import (
    first_loss_far_off,
    input_scale,
    one_class_output,
    output_cannot_reach_target,
    output_ignores_input,
    probabilities_for_logits,
    shapes_broadcast,
)
from espalier.diagnosis.examine import examine

BY_CLASS, SQUARED, BY_LOGIT = nn.CrossEntropyLoss(), nn.MSELoss(), nn.BCEWithLogitsLoss()


def test_a_softmax_over_the_batch_is_named_and_explains_that_rows_mix():
    findings = examine(wiring_of(mlp(8, 3, nn.Softmax(dim=0)), table(), classes(), BY_CLASS))
    assert [one.id for one in findings] == ["W04-probabilities-for-logits", "W09-rows-mixed"]
    assert "over the rows of the batch instead of the classes" in findings[0].sentence
    assert findings[1].cause == findings[0].id


def test_a_floor_of_the_loss_is_told_for_two_softmaxes():
    finding = probabilities_for_logits.check(wiring_of(mlp(8, 10, nn.Softmax(dim=1)), table(), classes(10), BY_CLASS))
    assert "cannot fall below 1.461" in finding.sentence


@pytest.mark.parametrize("last", [nn.Softmax(dim=1), nn.Identity()])
def test_negative_log_likelihood_without_logarithms_stops(last):
    finding = probabilities_for_logits.check(wiring_of(mlp(8, 3, last), table(), classes(), nn.NLLLoss()))
    assert finding.severity is Severity.STOP


def test_negative_log_likelihood_of_logarithms_is_healthy():
    model = mlp(8, 3, Through(lambda self, x: (x.softmax(dim=1) + 1e-3).log()))
    assert alarms(wiring_of(model, table(), classes(), nn.NLLLoss())) == []


def test_a_sigmoid_before_logits_is_found_wherever_it_is_called():
    x = table()
    y = (x[:, 0] > 0).float()
    model = mlp(8, 1, nn.Dropout(0.1))
    within = Through(lambda self, x: self.body(x).sigmoid().squeeze(1), body=model)
    outside = wiring_of(model, x * 3, y[:, None], BY_LOGIT, output=model(x * 3).sigmoid())
    for wiring in (wiring_of(within, x, y, BY_LOGIT), outside):
        assert "gets the values of a sigmoid" in probabilities_for_logits.check(wiring).sentence


def test_logits_that_happen_to_lie_between_0_and_1_are_healthy():
    x, model = table() * 0.1, mlp(8, 1)
    nn.init.constant_(model[2].bias, 0.5)
    wiring = wiring_of(model, x, (x[:, :1] > 0).float(), BY_LOGIT)
    assert float(wiring.output.min()) > 0
    assert float(wiring.output.max()) < 1
    assert alarms(wiring) == []


@pytest.mark.parametrize(
    ("last", "severity"), [(nn.ReLU(), Severity.STOP), (nn.Tanh(), Severity.WARN), (nn.Sigmoid(), None), (nn.ELU(), None)]
)
def test_bounded_logits_of_yes_and_no(last, severity):
    x = table()
    finding = output_cannot_reach_target.check(wiring_of(mlp(8, 1, last), x, (x[:, :1] > 0).float(), BY_LOGIT))
    assert (finding and finding.severity) == severity


@pytest.mark.parametrize(
    ("last", "severity"), [(nn.ReLU(), Severity.WARN), (nn.Tanh(), Severity.WARN), (nn.Sigmoid(), Severity.STOP)]
)
def test_bounded_logits_of_classes(last, severity):
    finding = output_cannot_reach_target.check(wiring_of(mlp(8, 3, last), table(), classes(), BY_CLASS))
    assert finding.severity is severity


def test_an_output_that_is_scaled_after_the_sigmoid_reaches_its_target():
    x, model = table(), mlp(8, 1, nn.Sigmoid())
    wiring = wiring_of(model, x, 50 + 20 * x[:, :1].clamp(-2, 2), SQUARED, output=100 * model(x))
    assert output_cannot_reach_target.check(wiring) is None


def test_an_autoencoder_of_pixels_with_a_sigmoid_is_healthy():
    torch.manual_seed(0)
    x = torch.rand(NUM_ROWS, 64) * (torch.rand(64) > 0.8)
    model = nn.Sequential(nn.Linear(64, 8), nn.ReLU(), nn.Linear(8, 64), nn.Sigmoid())
    assert alarms(wiring_of(model, x, x, SQUARED)) == []


def test_cross_entropy_over_the_rows_is_found():
    x = table()
    model = Through(lambda self, x: self.body(x).squeeze(1), body=mlp(8, 1))
    finding = one_class_output.check(wiring_of(model, x, (x[:, 0] > 0).float(), BY_CLASS))
    assert "takes the 64 rows of the batch for classes" in finding.sentence


def test_a_target_broadcast_is_found_although_torch_warns():
    wiring = wiring_of(mlp(8, 1), table(), torch.zeros(NUM_ROWS), SQUARED)
    assert shapes_broadcast.check(wiring) is not None
    assert wiring.unlooked == ()


@pytest.mark.parametrize(
    ("target", "severity"),
    [
        (lambda x: 1e4 * x, None),  # large, but around 0
        (lambda x: 152 + 77 * x, Severity.WARN),
        (lambda x: 5.6 + 0.8 * x, Severity.NOTE),  # a bias is there in no time
        (lambda x: 0.01 * x, Severity.NOTE),
        (lambda x: 5 + 0.01 * x, Severity.WARN),
    ],
)
def test_first_loss_of_quantities(target, severity):
    x = table()
    finding = first_loss_far_off.check(wiring_of(mlp(8, 1), x, target(x[:, :1]), SQUARED))
    assert (finding and finding.severity) == severity


def test_first_weights_that_are_too_large_for_quantities():
    x, model = table(), mlp(8, 1)
    for weight in model.parameters():
        nn.init.normal_(weight)
    finding = first_loss_far_off.check(wiring_of(model, x, x[:, :1], SQUARED))
    assert finding.severity is Severity.WARN
    assert "Draw the weights as torch does" in finding.advice


def test_first_weights_by_he_are_healthy():
    x, model = table(), mlp(8, 1, width=64)
    for layer in (model[0], model[2]):
        nn.init.kaiming_normal_(layer.weight)
        nn.init.zeros_(layer.bias)
    assert alarms(wiring_of(model, x, x[:, :1], SQUARED)) == []


def test_a_model_that_knows_the_task_is_a_note_and_a_one_sided_batch_nothing():
    x = table()
    known = Through(lambda self, x: self.body(x) * 0 + x[:, :1], body=mlp(8, 1))
    wiring = wiring_of(known, x, x[:, :1] + 0.01 * torch.randn(NUM_ROWS, 1), SQUARED)
    assert first_loss_far_off.check(wiring).severity is Severity.NOTE
    assert first_loss_far_off.check(wiring_of(mlp(8, 1), x, torch.ones(NUM_ROWS, 1), BY_LOGIT)) is None


def test_equal_inputs_are_told_only_where_targets_differ():
    x = torch.ones(NUM_ROWS, 8)
    finding = output_ignores_input.check(wiring_of(mlp(), x, classes(), BY_CLASS))
    assert "the inputs of all rows are the same" in finding.sentence
    assert output_ignores_input.check(wiring_of(mlp(), x)) is None


def test_a_large_last_bias_hides_no_input():
    x, model = table(), mlp(8, 1)
    nn.init.constant_(model[2].bias, 2e5)
    assert alarms(wiring_of(model, x, 2e5 + 1e5 * x[:, :1], SQUARED)) == []


def test_batch_norms_without_statistics_yet_do_not_fade():
    torch.manual_seed(0)
    blocks = [layer for _ in range(20) for layer in (nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU())]
    model = nn.Sequential(nn.Conv2d(1, 4, 3), *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
    assert alarms(wiring_of(model, torch.randn(16, 1, 8, 8), classes(3, 16), BY_CLASS)) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x: x * 100, "The inputs are large"),
        (lambda x: x * 1e-4, "next to nothing"),
        (lambda x: x * torch.tensor([1e-3, *[1.0] * 7]), "The columns of the inputs differ"),
        (lambda x: torch.cat([x[:, 1:], 20 + 0.1 * x[:, :1]], dim=1), "The inputs lie far from zero"),
    ],
)
def test_inputs_off_their_scale(change, words):
    assert words in input_scale.check(wiring_of(mlp(), change(table()), classes(), BY_CLASS)).sentence


def test_inputs_that_the_model_scales_itself_and_rare_columns_are_healthy():
    torch.manual_seed(0)
    image = torch.randint(0, 256, (16, 1, 8, 8)).float()
    model = Through(lambda self, x: self.body((x / 255 - 0.5).flatten(1)), body=mlp(64, 3))
    assert alarms(wiring_of(model, image, classes(3, 16), BY_CLASS)) == []
    assert input_scale.check(wiring_of(model.body, image.flatten(1), classes(3, 16), BY_CLASS)) is not None
    rare = table()
    rare[:, 0] = (torch.arange(NUM_ROWS) == 5) * 1e-3
    assert alarms(wiring_of(mlp(), rare, classes(), BY_CLASS)) == []
