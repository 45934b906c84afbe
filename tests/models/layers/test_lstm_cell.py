import torch
from torch import nn

from espalier.models.layers.lstm_cell import LstmCell, read_through


def test_the_cell_to_read_says_what_the_one_of_torch_says_and_learns_the_same():
    torch.manual_seed(0)
    cell, theirs = LstmCell(3, 5), nn.LSTM(3, 5)
    theirs.load_state_dict({f"{name}_l0": weights for name, weights in cell.state_dict().items()})
    steps, wanted = torch.randn(11, 4, 3), torch.randn(11, 4, 5)
    ours_in, theirs_in = steps.clone().requires_grad_(), steps.clone().requires_grad_()
    ours, (answer, _) = read_through(cell, ours_in), theirs(theirs_in)
    torch.testing.assert_close(ours, answer)
    for answers in (ours, answer):
        (answers - wanted).square().sum().backward()
    torch.testing.assert_close(ours_in.grad, theirs_in.grad)
    for name, weights in cell.named_parameters():
        torch.testing.assert_close(weights.grad, getattr(theirs, f"{name}_l0").grad)


def test_one_step_with_a_state_says_what_the_one_of_torch_says():
    cell, theirs = LstmCell(3, 5), nn.LSTMCell(3, 5)
    theirs.load_state_dict(cell.state_dict())
    x, said, state = torch.randn(4, 3), torch.randn(4, 5), torch.randn(4, 5)
    torch.testing.assert_close(cell(x, said, state), theirs(x, (said, state)))
