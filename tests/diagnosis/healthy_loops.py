"""Healthy training loops as people write them, each with and without the doctor: none of them may raise an alarm.

Batches are drawn from the global random state on purpose: a doctor that draws from it, or puts it back wrongly, changes them.
"""

from contextlib import nullcontext

import torch
from torch import nn
from torch.nn import functional as F

from diagnosis.healthy_parts import (
    LastOutput,
    LowRank,
    SmallResNet,
    TextAndNumber,
    TiedLanguageModel,
    TwoHeads,
    Variational,
    WithItsLoss,
    agreement,
    drawn,
    fooled,
    log_cosh,
    made_classes,
    made_stripes,
    mlp,
    negative_elbo,
)
from espalier.diagnosis.watch import watch


def beside(watched, model, optimizer, loss=None, planned_steps=None, causal=False):
    return watch(model, optimizer, loss, planned_steps=planned_steps, causal=causal) if watched else nullcontext()


def plainly(watched, model, optimizer, criterion, rows, steps=200, size=32, clip=None, schedule=None):
    """Train by the book: clear, forward, backward, step."""
    with beside(watched, model, optimizer, criterion) as doctor:
        for _ in range(steps):
            xb, yb = drawn(*rows, size=size)
            optimizer.zero_grad()
            criterion(model(xb), yb).backward()
            if clip:
                nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            if schedule:
                schedule.step()
    return model, doctor


def _gan(watched, whom):
    torch.manual_seed(0)
    generator = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
    discriminator = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
    g_optimizer = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
    d_optimizer = torch.optim.Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.999))
    criterion = nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(32, 1), torch.zeros(32, 1)
    model, optimizer = (discriminator, d_optimizer) if whom == "discriminator" else (generator, g_optimizer)
    with beside(watched, model, optimizer, fooled if whom == "generator alone" else criterion) as doctor:
        look = doctor.loss if watched and whom == "generator alone" else criterion
        for _ in range(200):
            real = torch.randn(32, 2) * torch.tensor([1.0, 0.3]) + 1.0
            fake = generator(torch.randn(32, 4))
            d_optimizer.zero_grad()
            (criterion(discriminator(real), ones) + criterion(discriminator(fake.detach()), zeros)).backward()
            d_optimizer.step()
            g_optimizer.zero_grad()
            look(discriminator(fake), ones).backward()
            g_optimizer.step()
    return model, doctor


def gan_discriminator(watched):
    return _gan(watched, "discriminator")


def gan_generator(watched):
    return _gan(watched, "generator")


def gan_generator_with_its_loss_alone(watched):
    return _gan(watched, "generator alone")


def lstm_classifier(watched):
    torch.manual_seed(1)
    x = torch.randn(256, 10, 3)
    y = (x[:, :, 0].sum(dim=1) > 0).long()
    model, criterion = LastOutput(nn.LSTM(3, 16, batch_first=True), 2), nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    return plainly(watched, model, optimizer, criterion, (x, y), steps=150, clip=1.0)


def _new_head(watched, is_flagged):
    torch.manual_seed(2)
    x, y = made_stripes()
    model, criterion = SmallResNet(), nn.CrossEntropyLoss()
    for module in model.backbone.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, mean=1.0, std=0.1)  # as an earlier training leaves it
    if is_flagged:
        model.backbone.requires_grad_(False)
    weights = [weight for weight in model.parameters() if weight.requires_grad] if is_flagged else model.head.parameters()
    optimizer = torch.optim.SGD(weights, lr=0.3, momentum=0.9)
    return plainly(watched, model, optimizer, criterion, (x, y), steps=100, size=16)


def new_head_on_frozen_backbone(watched):
    return _new_head(watched, is_flagged=True)


def new_head_alone_in_the_optimizer(watched):
    return _new_head(watched, is_flagged=False)


def fine_tuning_with_batch_norm_in_eval_mode(watched):
    torch.manual_seed(3)
    x, y = made_stripes()
    model, criterion = SmallResNet(), nn.CrossEntropyLoss()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    with beside(watched, model, optimizer, criterion) as doctor:
        for _ in range(100):
            model.train()
            for module in model.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
            xb, yb = drawn(x, y, size=16)
            optimizer.zero_grad()
            criterion(model(xb), yb).backward()
            optimizer.step()
    return model, doctor


def vae(watched):
    torch.manual_seed(4)
    x = torch.bernoulli(torch.sigmoid(3 * torch.randn(256, 2) @ torch.randn(2, 16)))
    model = Variational()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    with beside(watched, model, optimizer, negative_elbo) as doctor:
        look = doctor.loss if watched else negative_elbo
        for _ in range(250):
            (xb,) = drawn(x)
            optimizer.zero_grad()
            look(model(xb), xb).backward()
            optimizer.step()
    return model, doctor


def autoencoder(watched):
    torch.manual_seed(5)
    x = torch.randn(256, 2) @ torch.randn(2, 12) + 0.1 * torch.randn(256, 12)
    model = nn.Sequential(nn.Linear(12, 16), nn.Tanh(), nn.Linear(16, 2), nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 12))
    criterion, optimizer = nn.MSELoss(), torch.optim.Adam(model.parameters(), lr=5e-3)
    return plainly(watched, model, optimizer, criterion, (x, x), steps=250)


def policy_gradient(watched):
    """REINFORCE on a corridor of seven places; the right end pays."""
    torch.manual_seed(6)
    model = mlp(7, 2, width=16)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    with beside(watched, model, optimizer) as doctor:
        for _ in range(100):
            place, log_probabilities = torch.full((8,), 3), []
            for _ in range(6):
                choice = torch.distributions.Categorical(logits=model(F.one_hot(place, 7).float()))
                action = choice.sample()
                log_probabilities.append(choice.log_prob(action))
                place = (place + 2 * action - 1).clamp(0, 6)
            reward = (place == 6).float() - (place == 0).float()
            loss = -(torch.stack(log_probabilities).sum(dim=0) * (reward - reward.mean())).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model, doctor


def gradient_accumulation(watched):
    torch.manual_seed(7)
    x, y = made_classes()
    model, criterion = mlp(), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
    with beside(watched, model, optimizer, criterion) as doctor:
        for number in range(400):
            xb, yb = drawn(x, y, size=8)
            (criterion(model(xb), yb) / 4).backward()
            if (number + 1) % 4 == 0:
                optimizer.step()
                optimizer.zero_grad()
    return model, doctor


def tied_language_model(watched):
    torch.manual_seed(8)
    start, pace = torch.randint(12, (128, 1)), torch.randint(1, 3, (128, 1))
    text = (start + pace * torch.arange(9)) % 12
    model, criterion = TiedLanguageModel(), nn.CrossEntropyLoss()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    with beside(watched, model, optimizer, criterion, causal=True) as doctor:
        for _ in range(150):
            (batch,) = drawn(text)
            optimizer.zero_grad()
            criterion(model(batch[:, :-1]).flatten(0, 1), batch[:, 1:].flatten()).backward()
            optimizer.step()
    return model, doctor


def dropout_with_validation(watched):
    torch.manual_seed(9)
    x, y = made_classes(320)
    model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, 3))
    criterion, optimizer = nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=5e-3)
    with beside(watched, model, optimizer, criterion, planned_steps=200) as doctor:
        for _ in range(25):
            model.train()
            for index in torch.randperm(256).split(32):
                optimizer.zero_grad()
                criterion(model(x[index]), y[index]).backward()
                optimizer.step()
            model.eval()
            with torch.no_grad():
                criterion(model(x[256:]), y[256:])
    return model, doctor


def zero_initialised_adapters(watched):
    torch.manual_seed(10)
    x, y = made_classes()
    model = nn.Sequential(LowRank(nn.Linear(8, 32)), nn.ReLU(), LowRank(nn.Linear(32, 3), rank=2))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.AdamW([weight for weight in model.parameters() if weight.requires_grad], lr=1e-2)
    return plainly(watched, model, optimizer, criterion, (x, y), steps=200)


def two_losses_in_one_step(watched):
    torch.manual_seed(11)
    x, y = made_classes()
    z = (x[:, 0] > 0).long()
    model, criterion = TwoHeads(), nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    with beside(watched, model, optimizer, criterion) as doctor:
        for _ in range(150):
            xb, yb, zb = drawn(x, y, z)
            output = model(xb)
            optimizer.zero_grad()
            (criterion(output["kind"], yb) + 0.5 * criterion(output["size"], zb)).backward()
            optimizer.step()
    return model, doctor


def gradient_descent_at_the_edge_of_stability(watched):
    """Full batches at so large a rate that the loss goes up and down on its way."""
    torch.manual_seed(12)
    x = torch.linspace(-2, 2, 64).unsqueeze(1)
    model = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
    criterion, optimizer, y = nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.2), torch.sin(3 * x)
    with beside(watched, model, optimizer, criterion) as doctor:
        for _ in range(300):
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            optimizer.step()
    return model, doctor


def most_units_dead_yet_it_learns(watched):
    torch.manual_seed(13)
    model = mlp(width=128)
    with torch.no_grad():
        model[0].bias[:100] = -20.0
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    return plainly(watched, model, optimizer, nn.CrossEntropyLoss(), made_classes())


def batch_as_a_dictionary(watched):
    torch.manual_seed(14)
    tokens, number = torch.randint(1, 20, (256, 6)), torch.randn(256, 1)
    tokens[torch.rand(256, 6) < 0.3] = 0
    tokens[:, 0] = torch.randint(1, 20, (256,))
    y = ((tokens > 12).sum(dim=1) + number.squeeze(1) > 2).long()
    model, criterion = TextAndNumber(), nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    with beside(watched, model, optimizer, criterion) as doctor:
        for _ in range(200):
            t, n, yb = drawn(tokens, number, y)
            optimizer.zero_grad()
            criterion(model(**{"tokens": t, "mask": (t > 0).float(), "number": n}), yb).backward()
            optimizer.step()
    return model, doctor


def loss_as_a_function(watched):
    torch.manual_seed(15)
    x = torch.randn(256, 8)
    y, model = x[:, 0] * x[:, 1] + x[:, 2], mlp(8, 1)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=3e-3)
    with beside(watched, model, optimizer, log_cosh) as doctor:
        look = doctor.loss if watched else log_cosh
        for _ in range(200):
            xb, yb = drawn(x, y)
            optimizer.zero_grad()
            look(model(xb), yb).backward()
            optimizer.step()
    return model, doctor


def warm_up_and_cosine(watched):
    torch.manual_seed(16)
    model = mlp()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-2)
    warm_up = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1e-3, total_iters=40)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=160)
    schedule = torch.optim.lr_scheduler.SequentialLR(optimizer, [warm_up, cosine], milestones=[40])
    return plainly(watched, model, optimizer, nn.CrossEntropyLoss(), made_classes(), schedule=schedule)


def gru_regression(watched):
    torch.manual_seed(17)
    series = torch.sin(0.3 * torch.arange(400) + torch.rand(1)) + 0.1 * torch.randn(400)
    windows = series.unfold(0, 13, 1)
    x, y = windows[:, :12].unsqueeze(-1), windows[:, 12:]
    model = LastOutput(nn.GRU(1, 16, batch_first=True), 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    return plainly(watched, model, optimizer, nn.MSELoss(), (x, y), steps=150)


def linear_regression_with_a_summed_loss(watched):
    torch.manual_seed(18)
    x = torch.randn(256, 5)
    y, model = x @ torch.randn(5, 1) + 0.5, nn.Linear(5, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    return plainly(watched, model, optimizer, nn.MSELoss(reduction="sum"), (x, y))


def one_row_in_twenty_is_positive(watched):
    torch.manual_seed(19)
    x = torch.randn(1000, 8)
    score = x @ torch.randn(8) + 0.3 * torch.randn(1000)
    y = (score > score.quantile(0.95)).float().unsqueeze(1)
    model = mlp(8, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    return plainly(watched, model, optimizer, nn.BCEWithLogitsLoss(), (x, y), size=64)


def lbfgs_with_a_closure(watched):
    torch.manual_seed(20)
    x, y = made_classes()
    model, criterion = mlp(), nn.CrossEntropyLoss()
    optimizer = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=5)
    with beside(watched, model, optimizer, criterion) as doctor:

        def closure():
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            return loss

        for _ in range(25):
            optimizer.step(closure)
    return model, doctor


def model_that_returns_its_loss(watched):
    torch.manual_seed(21)
    x, y = made_classes()
    model = WithItsLoss()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    with beside(watched, model, optimizer) as doctor:
        for _ in range(150):
            xb, yb = drawn(x, y)
            optimizer.zero_grad()
            model(xb, labels=yb)["loss"].backward()
            optimizer.step()
    return model, doctor


def contrastive_pairs(watched):
    torch.manual_seed(22)
    x, model = torch.randn(256, 8), mlp(8, 4)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    with beside(watched, model, optimizer, agreement) as doctor:
        look = doctor.loss if watched else agreement
        for _ in range(150):
            (xb,) = drawn(x)
            first, second = (model(xb + 0.2 * torch.randn_like(xb)) for _ in range(2))
            optimizer.zero_grad()
            look(first, second).backward()
            optimizer.step()
    return model, doctor


def class_of_each_pixel(watched):
    torch.manual_seed(23)
    x = torch.randn(64, 1, 8, 8)
    y = (F.avg_pool2d(x, 3, stride=1, padding=1).squeeze(1) > 0).long()
    model = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 2, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    return plainly(watched, model, optimizer, nn.CrossEntropyLoss(), (x, y), steps=150, size=8)
