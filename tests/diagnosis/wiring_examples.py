"""The pair of each sign in the wiring: a small model that is probed, sick, and the healthy one that is nearest to it."""

import copy

import torch
from torch import nn
from torch.nn import functional as F

from espalier.core.finding import Severity
from espalier.diagnosis.examine import examine
from espalier.diagnosis.probes import probe
from espalier.diagnosis.subject import Subject

NUM_ROWS = 64


def wiring_of(model, inputs, target=None, criterion=None, **more):
    """Probe a model with one batch; `inputs` is a tensor, or a tuple of arguments."""
    return probe(Subject(model, inputs if isinstance(inputs, tuple) else (inputs,), {}, target, criterion, **more))


def alarms(wiring):
    """Return what the checks say of a wiring, notes left out."""
    return [f"{one.id}: {one.sentence}" for one in examine(wiring) if one.severity is not Severity.NOTE]


def table(num_columns=8, num_rows=NUM_ROWS):
    """Return numbers of deviation 1, from a fixed seed; the weights that are drawn after it are fixed too."""
    torch.manual_seed(0)
    return torch.randn(num_rows, num_columns)


def classes(num_classes=3, num_rows=NUM_ROWS):
    return torch.arange(num_rows) % num_classes


def mlp(num_inputs=8, num_outputs=3, *end, width=32):
    return nn.Sequential(nn.Linear(num_inputs, width), nn.ReLU(), nn.Linear(width, num_outputs), *end)


class Through(nn.Module):
    """A network that is one function of its parts."""

    def __init__(self, run, **parts):
        super().__init__()
        self.run = run
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *inputs):
        return self.run(self, *inputs)


def optimizer_misses_weights(sick):
    x, model = table(), mlp()
    held = copy.deepcopy(model) if sick else model
    discriminator = nn.Linear(3, 1)  # one optimizer for two models is healthy
    optimizer = torch.optim.Adam([*held.parameters(), *discriminator.parameters()])
    return wiring_of(model, x, classes(), nn.CrossEntropyLoss(), optimizer=optimizer)


def non_finite(sick):
    x = table()
    x[3, 2] = float("nan")
    model = Through(lambda self, x: self.body(x if sick else torch.nan_to_num(x)), body=mlp())
    return wiring_of(model, x, classes(), nn.CrossEntropyLoss())


def weights_without_gradient(sick):
    x = table()
    model = Through(
        lambda self, x: self.head(self.body(x).relu().detach() if sick else self.body(x).relu()),
        body=nn.Linear(8, 16),
        head=nn.Linear(16, 3),
    )
    if not sick:
        model.body.bias.requires_grad_(False)
    return wiring_of(model, x, classes(), nn.CrossEntropyLoss())


def probabilities_for_logits(sick):
    x = table()
    return wiring_of(mlp(8, 3, nn.Softmax(dim=1) if sick else nn.LogSoftmax(dim=1)), x, classes(), nn.CrossEntropyLoss())


def shapes_broadcast(sick):
    x = table()
    return wiring_of(mlp(8, 1), x, x[:, 0] if sick else x[:, :1], nn.MSELoss())


def output_cannot_reach_target(sick):
    x = table()
    return wiring_of(mlp(8, 1, nn.ReLU()), x, x[:, :1] if sick else x[:, :1].abs(), nn.MSELoss())


def one_class_output(sick):
    x = table()
    return wiring_of(mlp(8, 1 if sick else 2), x, torch.zeros(NUM_ROWS).long() if sick else classes(2), nn.CrossEntropyLoss())


def model_in_eval(sick):
    x, model = table(), mlp(8, 3, nn.Dropout(0.1))
    if sick:
        model.eval()
    else:
        model[-1].eval()
    return wiring_of(model, x, classes(), nn.CrossEntropyLoss())


def rows_mixed(sick):
    torch.manual_seed(0)
    x = torch.randn(16, 10, 3)
    model = Through(
        lambda self, x: self.head(self.recurrent(x)[0][:, -1]),
        recurrent=nn.GRU(3, 8, batch_first=not sick),
        head=nn.Linear(8, 2),
    )
    return wiring_of(model, x, classes(2, 16), nn.CrossEntropyLoss())


def unrepeatable(sick):
    x = table()
    model = Through(lambda self, x: F.dropout(self.body(x), 0.2, training=sick or self.training), body=mlp())
    return wiring_of(model, x, classes(), nn.CrossEntropyLoss())


def first_loss_far_off(sick):
    x, model = table(), mlp()
    for weight in model.parameters() if sick else ():
        nn.init.normal_(weight)
    rare = (torch.arange(NUM_ROWS) == 0).long()  # the best constant answer is far better than even ones
    return wiring_of(model, x, classes() if sick else rare, nn.CrossEntropyLoss())


def output_ignores_input(sick):
    x = table()
    layers = [layer for _ in range(9) for layer in (nn.Linear(8, 8), nn.Sigmoid())] if sick else []
    head = nn.Linear(8, 3)
    if not sick:
        nn.init.zeros_(head.weight)
        nn.init.constant_(head.bias, 5.0)
    return wiring_of(nn.Sequential(*layers, nn.Linear(8, 8), nn.ReLU(), head), x, classes(), nn.CrossEntropyLoss())


def symmetric_weights(sick):
    x, model = table(), mlp()
    nn.init.constant_(model[0].weight, 0.1)
    if sick:
        nn.init.constant_(model[2].weight, 0.1)
    return wiring_of(model, x, classes(), nn.CrossEntropyLoss())


def no_nonlinearity(sick):
    x = table() * 0.01  # so small that even a tanh is nearly straight
    model = nn.Sequential(nn.Linear(8, 32), nn.Identity() if sick else nn.Tanh(), nn.Linear(32, 1))
    return wiring_of(model, x, x[:, :1], nn.MSELoss())


def summed_loss(sick):
    x = table()
    return wiring_of(mlp(8, 1), x, x[:, :1], nn.MSELoss(reduction="sum" if sick else "mean"))


def squared_error_on_classes(sick):
    """Healthy: counts are whole numbers from 0 too, but small ones are more frequent."""
    x = table()
    counts = (x[:, 0].abs() * 2.5).floor()
    return wiring_of(mlp(8, 1), x, (classes(4).float() if sick else counts).unsqueeze(1), nn.MSELoss())


def small_batch_norm(sick):
    x = table(num_rows=2)
    model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))
    if not sick:
        model[1].eval()  # fine-tuning with fixed statistics
    return wiring_of(model, x, classes(3, 2), nn.CrossEntropyLoss())


def heavy_dropout(sick):
    x = table()
    return wiring_of(mlp(8, 3, nn.Dropout(0.8 if sick else 0.7)), x, classes(), nn.CrossEntropyLoss())


def mostly_frozen(sick):
    """Healthy: only the bias of the head is fixed."""
    x, model = table(), nn.Sequential(nn.Linear(8, 32), nn.LayerNorm(32), nn.ReLU(), nn.Linear(32, 3))
    (model[:2] if sick else model[3].bias).requires_grad_(False)
    return wiring_of(model, x, classes(), nn.CrossEntropyLoss())


def input_scale(sick):
    x = table()
    x[:, 0] *= 1000
    model = mlp() if sick else nn.Sequential(nn.BatchNorm1d(8), *mlp())
    return wiring_of(model, x, classes(), nn.CrossEntropyLoss())


def looks_ahead(sick):
    torch.manual_seed(0)
    tokens = torch.randint(0, 12, (16, 6))

    def run(self, tokens):
        query, key, value = self.qkv(self.embedding(tokens)).chunk(3, dim=-1)
        return self.head(F.scaled_dot_product_attention(query, key, value, is_causal=not sick)).transpose(1, 2)

    model = Through(run, embedding=nn.Embedding(12, 8), qkv=nn.Linear(8, 24), head=nn.Linear(8, 12))
    return wiring_of(model, tokens, tokens.roll(-1, dims=1), nn.CrossEntropyLoss(), causal=True)


def unregistered_weights(sick):
    """Healthy: a layer in a list is fixed on purpose, and the loss goes on through a network of its own."""
    x, hidden = table(), nn.Linear(32, 32)
    hidden.requires_grad_(sick)
    model = Through(
        lambda self, x: self.head(self.layers[0](self.stem(x)).relu()), stem=nn.Linear(8, 32), head=nn.Linear(32, 3)
    )
    model.layers = [hidden]
    judge = nn.Linear(3, 3)
    optimizer = torch.optim.Adam(model.parameters())
    return wiring_of(model, x, classes(), lambda output, target: F.cross_entropy(judge(output), target), optimizer=optimizer)


def large_first_weights(sick):
    """Healthy: weights that a training has made as large, in few directions."""
    x, model = table(), mlp(8, 3, width=64)
    with torch.no_grad():
        if sick:
            model[0].weight *= 8.0
        else:
            model[0].weight += 3.0 * torch.outer(torch.randn(64), torch.randn(8))
    return wiring_of(model, x, classes(), nn.CrossEntropyLoss())


def first_step_too_large(sick):
    x, model = table(), mlp()
    optimizer = torch.optim.Adam(model.parameters(), lr=1.0 if sick else 0.03)
    return wiring_of(model, x, classes(), nn.CrossEntropyLoss(), optimizer=optimizer)


def steps_too_small(sick):
    """Healthy: the rate is as low at first, but the schedule will raise it."""
    x, model = table(), mlp()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-6)
    if not sick:
        torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-3, total_steps=500)
    return wiring_of(model, x, classes(), nn.CrossEntropyLoss(), optimizer=optimizer, planned_steps=500)


PAIRS = {
    one.__name__: one
    for one in (
        optimizer_misses_weights, non_finite, weights_without_gradient, probabilities_for_logits, shapes_broadcast,
        output_cannot_reach_target, one_class_output, model_in_eval, rows_mixed, unrepeatable, first_loss_far_off,
        output_ignores_input, symmetric_weights, no_nonlinearity, summed_loss, small_batch_norm, heavy_dropout, mostly_frozen,
        input_scale, looks_ahead, squared_error_on_classes, unregistered_weights, large_first_weights,
        first_step_too_large, steps_too_small,
    )
}  # fmt: skip
