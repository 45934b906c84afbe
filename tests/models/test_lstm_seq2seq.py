import pytest
import torch

from espalier.core.catalogue import architectures
from espalier.core.errors import PlanError, UnknownNameError
from espalier.models.layers.positions import sinusoids

GIVEN = {"in_channels": 3, "out_channels": 2, "horizon": 5, "outputs_per_step": 1, "num_outputs": 10}


def built(given=GIVEN, **options):
    torch.manual_seed(0)
    return architectures()["lstm-seq2seq-tiny"].build(given, options)


def said_before(model, series, shown=None):
    """What the decoder reads at each step, (H, B, V)."""
    read = []
    handle = model.decoder.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0]))
    output = model(series, None, shown)
    handle.remove()
    return torch.cat(read), output.view(len(series), 2, 5)


def test_each_step_reads_what_the_one_before_said():
    series = torch.randn(4, 3, 12)
    read, output = said_before(built(), series)
    expected = torch.cat([series[:, :2, -1:], output[:, :, :-1]], dim=2)
    torch.testing.assert_close(read.permute(1, 2, 0), expected)


def test_in_training_each_step_reads_the_true_value_that_is_shown():
    series, shown = torch.randn(4, 3, 12), torch.randn(4, 2, 5)
    read, _ = said_before(built().train(), series, shown)
    torch.testing.assert_close(read.permute(1, 2, 0), torch.cat([series[:, :2, -1:], shown[:, :, :-1]], dim=2))


def test_reading_all_at_once_says_the_same_as_step_by_step():
    model, series, shown = built(depth=2).train(), torch.randn(4, 3, 12), torch.randn(4, 2, 5)
    at_once = model(series, None, shown)
    last, state = model._read(series, None)
    true = shown.permute(2, 0, 1)
    steps = model._say_one_by_one(last, state, true, torch.ones_like(true, dtype=torch.bool))
    torch.testing.assert_close(at_once, steps.permute(1, 2, 0).flatten(1))


def test_what_is_shown_is_not_looked_at_in_evaluation():
    model, series = built().eval(), torch.randn(4, 3, 12)
    assert torch.equal(model(series, None, torch.randn(4, 2, 5)), model(series))


def test_where_the_true_value_is_not_known_the_decoder_reads_its_own():
    series, shown = torch.randn(4, 3, 12), torch.randn(4, 2, 5)
    shown[1, 0, 2] = torch.nan
    read, output = said_before(built().train(), series, shown)
    read = read.permute(1, 2, 0)
    assert output.isfinite().all()
    torch.testing.assert_close(read[1, 0, 3], output[1, 0, 2])
    torch.testing.assert_close(read[0, :, 3], shown[0, :, 2])


def test_the_share_of_true_values_falls_to_nothing():
    model, series, shown = built(teacher_share=0.8, teacher_steps=4).train(), torch.randn(4, 3, 12), torch.randn(4, 2, 5)
    shares = []
    for _ in range(6):
        shares.append(model.teacher_share())
        model(series, None, shown)
    assert shares == pytest.approx([0.8, 0.6, 0.4, 0.2, 0.0, 0.0])
    model.eval()(series)
    assert model.calls == 6
    read, output = said_before(model.train(), series, shown)
    torch.testing.assert_close(read[1:].permute(1, 2, 0), output[:, :, :-1])


def test_a_share_of_the_steps_reads_the_true_values():
    torch.manual_seed(1)
    series, shown = torch.randn(200, 3, 12), torch.full((200, 2, 5), 77.0)
    read, _ = said_before(built(teacher_share=0.3).train(), series, shown)
    is_shown = read[1:] == 77.0
    assert torch.equal(is_shown[..., 0], is_shown[..., 1])  # all channels of a row together
    assert 0.25 < is_shown.float().mean() < 0.35


def test_direct_decoding_reads_the_last_known_value_and_the_place_at_every_step():
    series = torch.randn(4, 3, 12)
    read, _ = said_before(built(decoding="direct"), series)
    torch.testing.assert_close(read[..., :2], series[:, :2, -1].expand(5, -1, -1))
    torch.testing.assert_close(read[..., 2:], sinusoids(5, 8, series)[:, None].expand(-1, 4, -1))


def test_what_is_shown_is_brought_to_the_level_of_the_window():
    model, series, shown = built(normalize="window").train(), torch.randn(4, 3, 12), torch.randn(4, 2, 5)
    read, _ = said_before(model, series, shown)
    raised, _ = said_before(model, 3 * series + 50, 3 * shown + 50)
    torch.testing.assert_close(read, raised, atol=1e-3, rtol=1e-3)


def test_the_middle_quantile_is_read_back_or_the_first_level():
    given = {**GIVEN, "outputs_per_step": 3, "num_outputs": 30}
    assert built(given).read_back == 1
    assert built(given, output_roles=("log_scale", "level", "shape")).read_back == 1
    assert built(given, output_roles=("level", "log_scale", "shape")).read_back == 0


def test_rows_of_other_lengths_are_read_to_their_own_end():
    model, series = built().eval(), torch.randn(3, 3, 12)
    together = model(series, torch.tensor([12, 7, 1]))
    torch.testing.assert_close(together[1:2], model(series[1:2, :, :7]))
    torch.testing.assert_close(together[2:], model(series[2:, :, :1]))


def test_choices_that_cannot_be_are_refused():
    with pytest.raises(UnknownNameError, match="no decoding 'recursiv'. Did you mean 'recursive'"):
        built(decoding="recursiv")
    with pytest.raises(PlanError, match="teacher_share is 1.5, expected a fraction"):
        built(teacher_share=1.5)
    with pytest.raises(PlanError, match="teacher_steps is -1, expected a whole number of at least 0"):
        built(teacher_steps=-1)
