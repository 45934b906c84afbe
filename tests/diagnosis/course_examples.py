"""The pair of each check of a course: a small training that goes wrong, and one that looks like it and goes well."""

import torch
from torch import nn

from espalier.diagnosis.watch import watch

STEPS = 80  # planned 100 in most: more than half are done


def data(num_rows=256):
    """Return eight inputs and two classes that a linear model can tell apart."""
    x = torch.randn(num_rows, 8, generator=torch.Generator().manual_seed(1))
    return x, (x[:, 0] + x[:, 1] > 0).long()


def noise(num_rows=4096):
    """Return inputs and classes that have nothing to do with each other."""
    x, y = data(num_rows)
    return x, y[torch.randperm(num_rows, generator=torch.Generator().manual_seed(3))]


def hard(num_rows=1024):
    """Return classes that no linear model can tell apart, one in seven of them wrong."""
    x, _ = data(num_rows)
    is_wrong = torch.rand(num_rows, generator=torch.Generator().manual_seed(4)) < 1 / 7
    return x, ((x[:, 0] * x[:, 1] + 0.5 * x[:, 2] > 0) ^ is_wrong).long()


def mlp(activation=nn.ReLU, depth=1, width=32, seed=0):
    torch.manual_seed(seed)
    hidden = [part for _ in range(depth - 1) for part in (nn.Linear(width, width), activation())]
    return nn.Sequential(nn.Linear(8, width), activation(), *hidden, nn.Linear(width, 2))


def sgd(model, **options):
    return torch.optim.SGD(model.parameters(), **{"lr": 0.1, **options})


def adam(model, **options):
    return torch.optim.Adam(model.parameters(), **{"lr": 1e-2, **options})


def course(model, optimizer, rows=None, *, steps=STEPS, planned=100, schedule=None, is_cleared=True, every=1, clip=None):
    """Train for some steps of 32 rows and return what was seen.

    Args:
        schedule: stepped after each step.
        is_cleared: gradients are cleared after each step.
        every: batches for one step.
        clip: largest norm of the gradients.
    """
    x, y = rows or data()
    criterion, stream = nn.CrossEntropyLoss(), torch.Generator().manual_seed(2)
    with watch(model, optimizer, criterion, planned_steps=planned) as doctor:
        for _ in range(steps):
            for _ in range(every):
                batch = torch.randint(len(x), (32,), generator=stream)
                criterion(model(x[batch]), y[batch]).backward()
            if clip:
                nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            if is_cleared:
                optimizer.zero_grad()
            if schedule:
                schedule.step()
    return doctor.course


def diverged(sick):
    """Healthy: the first steps go up, and come down again."""
    model = mlp()
    with torch.no_grad():
        model[2].weight *= 1.0 if sick else 5.0
    return course(model, sgd(model, lr=1e4 if sick else 0.5))


def gradients_not_cleared(sick):
    """Healthy: gradients of four batches are gathered for each step."""
    model = mlp()
    return course(model, sgd(model, lr=0.05), steps=20, is_cleared=not sick, every=1 if sick else 4)


class Gated(nn.Module):
    """A branch behind a gate that begins at zero; or behind a detach."""

    def __init__(self, is_cut):
        super().__init__()
        self.is_cut = is_cut
        self.stem, self.branch, self.head = nn.Linear(8, 16), nn.Linear(16, 16), nn.Linear(16, 2)
        self.gate = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        x = self.stem(x).relu()
        branch = self.branch(x).relu()
        return self.head(x + self.gate * (branch.detach() if self.is_cut else branch))


def weights_unreached(sick):
    """Healthy: a gate that begins at zero, and a stem that is frozen on purpose."""
    torch.manual_seed(0)
    model = Gated(is_cut=sick)
    model.stem.requires_grad_(sick)
    return course(model, sgd(model), steps=40)


def weights_do_not_move(sick):
    """Sick: weights of half precision round each update off. Healthy: only the last layer is trained."""
    model = mlp()
    if sick:
        model, (x, y) = model.bfloat16(), data()
        return course(model, sgd(model, lr=1e-7), (x.bfloat16(), y), steps=40)
    model[0].requires_grad_(False)
    return course(model, sgd(model), steps=40)


def pretrained(seed=0):
    model = mlp(seed=seed)
    course(model, adam(model), steps=60)
    return model


def learning_rate_too_low(sick):
    """Healthy: a trained model is tuned in steps as small."""
    model = mlp() if sick else pretrained()
    return course(model, sgd(model, lr=1e-5))


def learning_rate_too_high(sick):
    """Healthy: large updates of small weights, and the model learns."""
    model = mlp(nn.Tanh if sick else nn.ReLU)
    if sick:
        return course(model, sgd(model, lr=3.0), hard())
    with torch.no_grad():
        for weight in model.parameters():
            weight *= 0.01
    return course(model, sgd(model, lr=0.5))


def dying_relu(sick):
    """Healthy: 60 of 64 units are dead, and those that live learn."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 2))
    with torch.no_grad():
        model[0].bias[: 64 if sick else 60] = -20.0
        model[0].weight[60:] *= 4.0
    return course(model, sgd(model) if sick else adam(model, lr=0.1), steps=150, planned=150)


def saturated_units(sick):
    """Healthy: as saturated, and the model learns from the inputs."""
    model = mlp(nn.Tanh, width=128)
    with torch.no_grad():
        model[0].weight *= 100.0
        if sick:
            model[0].bias += 1e4
    return course(model, sgd(model) if sick else adam(model), steps=150, planned=150)


def vanishing_gradients(sick):
    """Healthy: the first layer gets as little gradient, and the last one learns without it."""
    if sick:
        model = mlp(nn.Sigmoid, depth=9)
        return course(model, sgd(model))
    model = mlp()
    with torch.no_grad():
        model[0].weight *= 200.0
        model[2].weight *= 0.005
    return course(model, sgd(model, lr=1e-4), steps=150, planned=150)


def rate_decayed_early(sick):
    """Healthy: a rate that falls as low, and comes back."""
    model = mlp()
    optimizer = sgd(model)
    if sick:
        schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    else:
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1e-4 if step % 40 > 10 else 1.0)
    return course(model, optimizer, schedule=schedule, planned=400, steps=130)


def not_learning(sick):
    """Targets are noise; healthy: less than half of the steps are done."""
    model = mlp(width=8)
    return course(model, sgd(model, lr=0.01), noise(), steps=150, planned=200 if sick else 400)


class Normed(nn.Sequential):
    def __init__(self):
        torch.manual_seed(0)
        super().__init__(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 2))


def trained_in_eval_mode(sick):
    """Healthy: batch norm is fixed on purpose, the model is in train mode."""
    model = Normed()
    if sick:
        model.eval()
    else:
        model[1].eval()
    return course(model, sgd(model), steps=10)


def evaluated_in_train_mode(sick):
    """Healthy: a look at the loss of the training without gradients, and an evaluation in eval mode."""
    model, criterion = Normed(), nn.CrossEntropyLoss()
    optimizer, (x, y) = sgd(model), data()
    with watch(model, optimizer, criterion) as doctor:
        for _ in range(5):
            model.train()
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            optimizer.step()
            with torch.no_grad():
                criterion(model(x), y)
                if not sick:
                    model.eval()
                    criterion(model(x), y)
    return doctor.course


def rows_in_order(sick):
    """Healthy: batches that hold more of one class than of the other, in a training that learns."""
    x, y = data(640)
    order = torch.argsort(y, stable=True)
    model, criterion = mlp(), nn.CrossEntropyLoss()
    optimizer, stream = sgd(model, lr=1.0 if sick else 0.3), torch.Generator().manual_seed(5)
    with watch(model, optimizer, criterion, planned_steps=100) as doctor:
        for step in range(STEPS):
            rows = order[torch.arange(32) + 32 * (step % 20)]
            if not sick:
                rows = torch.cat([rows[:13], torch.randint(640, (19,), generator=stream)])
            optimizer.zero_grad()
            criterion(model(x[rows]), y[rows]).backward()
            optimizer.step()
    return doctor.course


def learnt_by_heart(sick):
    """Sick: targets that have nothing to do with the inputs, and few rows. Healthy: the inputs tell, and errors are rare."""
    x, y = noise() if sick else data(512)
    model, criterion = mlp(width=128), nn.CrossEntropyLoss()
    optimizer = adam(model)
    with watch(model, optimizer, criterion, planned_steps=150) as doctor:
        for _ in range(150):
            optimizer.zero_grad()
            criterion(model(x[:64]), y[:64]).backward()
            optimizer.step()
        with torch.no_grad():
            criterion(model(x[128:400]), y[128:400])
    return doctor.course


def weight_decay_dominates(sick):
    """Healthy: weights that began too large shrink to half, and the model learns."""
    model = mlp()
    if not sick:
        with torch.no_grad():
            model[0].weight *= 3.0
            model[2].weight *= 3.0
    return course(model, sgd(model, lr=0.05 if sick else 0.2, weight_decay=1.0 if sick else 0.03), steps=150, planned=150)


def behind_simple_model(sick):
    """Sick: all but the last layer is frozen, and that one learns from three units. Healthy: it learns from all 32."""
    model = mlp()
    model[0].requires_grad_(False)
    if sick:
        with torch.no_grad():
            model[0].weight[3:] = 0.0
    return course(model, adam(model, lr=0.1), steps=150, planned=150)


def could_learn_more(sick):
    """Sick: half way the training ends. Healthy: the rate falls to nothing, but only when there is little left to learn."""
    model = mlp()
    optimizer = adam(model, lr=2e-3 if sick else 2e-2)
    schedule = None if sick else torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 150)
    return course(model, optimizer, steps=60 if sick else 150, planned=60 if sick else 150, schedule=schedule)


def clipped_too_tightly(sick):
    """Healthy: Adam does not mind gradients that are cut as short."""
    model = mlp()
    return course(model, sgd(model, lr=0.05) if sick else adam(model), steps=150, planned=150, clip=1e-2)


def dropout_too_large(sick):
    """Healthy: as much dropout, of so many units that enough of them are left."""
    torch.manual_seed(0)
    width = 16 if sick else 512
    first = nn.Linear(8, width), nn.ReLU(), nn.Dropout(0.8)
    model = nn.Sequential(*first, *(nn.Linear(width, 16), nn.ReLU(), nn.Dropout(0.8)) if sick else ())
    model.append(nn.Linear(16 if sick else width, 2))
    return course(model, adam(model), steps=100)


def gradients_unused(sick):
    """Four batches make a step. Healthy: gradients are cleared once for all four."""
    model, (x, y) = mlp(), data()
    optimizer, criterion = sgd(model), nn.CrossEntropyLoss()
    with watch(model, optimizer, criterion) as doctor:
        for batch in range(40):
            if sick or batch % 4 == 0:
                optimizer.zero_grad()
            rows = torch.arange(32) + 32 * (batch % 8)
            (criterion(model(x[rows]), y[rows]) / 4).backward()
            if batch % 4 == 3:
                optimizer.step()
    return doctor.course


PAIRS = {
    one.__name__: one
    for one in (
        diverged, gradients_not_cleared, weights_unreached, weights_do_not_move, learning_rate_too_low, learning_rate_too_high,
        dying_relu, saturated_units, vanishing_gradients, rate_decayed_early, not_learning, trained_in_eval_mode,
        evaluated_in_train_mode, weight_decay_dominates, behind_simple_model, could_learn_more, clipped_too_tightly,
        dropout_too_large, rows_in_order, learnt_by_heart, gradients_unused,
    )
}  # fmt: skip
