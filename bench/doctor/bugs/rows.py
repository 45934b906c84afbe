"""Bugs of modes and of rows: what the network is in while it runs, and what it is shown."""

from dataclasses import replace

import torch
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn import functional as F

from bugs.script import Bug, Script, accuracy_above, explained, perceptron
from tasks import TASKS, WIDTH, Data

GITHUB = "https://github.com/"
DROPOUT = 0.5


def _nothing(script):
    pass


def _table_network(*last):
    return nn.Sequential(*perceptron(64, 64, WIDTH), nn.ReLU(), nn.Dropout(DROPOUT), nn.Linear(WIDTH, 10), *last)


def _image_network(momentum=0.1, num_outputs=10):
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.BatchNorm2d(8, momentum=momentum),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.BatchNorm2d(16, momentum=momentum),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64, num_outputs),
    )


def evaluation_never_ends(is_faulty):
    """train() is called once, before the first epoch, and eval() after each."""
    script = Script(TASKS["digits, MLP with dropout"].read(0), _table_network(), nn.CrossEntropyLoss())
    return replace(script, begin_epoch=_nothing) if is_faulty else script


def evaluation_within_the_epoch(is_faulty):
    """Validation runs at step 0 of an epoch; train() is called before that, and again when the epoch is over."""
    model = _table_network()

    def begin_epoch(script):
        script.model.train()
        script.begin_validation(script)
        with torch.no_grad():
            script.model(script.data.x_valid)
        if not is_faulty:
            script.model.train()

    return Script(TASKS["digits, MLP with dropout"].read(0), model, nn.CrossEntropyLoss(), begin_epoch=begin_epoch)


def evaluation_mode_forgotten(is_faulty):
    script = Script(TASKS["digits, MLP with dropout"].read(0), _table_network(), nn.CrossEntropyLoss())
    return replace(script, begin_validation=_nothing) if is_faulty else script


class Factorized(nn.Module):
    """A perceptron whose dropout is a call of the function.

    Args:
        is_told: the call is told the mode.
    """

    def __init__(self, is_told):
        super().__init__()
        self.is_told = is_told
        self.first, self.second = nn.Linear(64, WIDTH), nn.Linear(WIDTH, 10)

    def forward(self, x):
        """Run it."""
        x = torch.relu(self.first(x))
        x = F.dropout(x, p=DROPOUT, training=self.training) if self.is_told else F.dropout(x, p=DROPOUT)
        return self.second(x)


def dropout_as_a_function(is_faulty):
    return Script(TASKS["digits, MLP with dropout"].read(0), Factorized(not is_faulty), nn.CrossEntropyLoss())


def batches_of_one_row(is_faulty):
    model = _image_network()
    data = TASKS["digits, CNN"].read(0)
    data = replace(data, x=data.x[:300], y=data.y[:300])
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    return Script(data, model, nn.CrossEntropyLoss(), optimizer, num_epochs=6, batch_size=1 if is_faulty else 8)


def momentum_of_another_library(is_faulty):
    model = _image_network(momentum=0.99 if is_faulty else 0.01)
    return Script(TASKS["digits, CNN"].read(0), model, nn.CrossEntropyLoss(), batch_size=16)


def share_kept_as_share_dropped(is_faulty):
    layers = perceptron(64, 64, WIDTH)
    model = nn.Sequential(*layers, nn.ReLU(), nn.Dropout(0.9 if is_faulty else 0.1), nn.Linear(WIDTH, 10))
    return Script(TASKS["digits, MLP with dropout"].read(0), model, nn.CrossEntropyLoss())


def _pixels(scale):
    """Return the digits with pixels of 0 to 255, times a factor."""
    x, y = load_digits(return_X_y=True)
    parts = train_test_split(x.reshape(-1, 1, 8, 8) / 16 * 255 * scale, y, test_size=0.3, random_state=0)
    x, x_valid, y, y_valid = (torch.as_tensor(part) for part in parts)
    return Data(x.float(), y, x_valid.float(), y_valid)


def _plain_convolutions():
    layers = [nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 10))


def pixels_to_255(is_faulty):
    model = _plain_convolutions()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    return Script(_pixels(1.0 if is_faulty else 1 / 255), model, nn.CrossEntropyLoss(), optimizer)


def pixels_divided_twice(is_faulty):
    model = _plain_convolutions()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    return Script(_pixels(1 / 255**2 if is_faulty else 1 / 255), model, nn.CrossEntropyLoss(), optimizer)


def columns_as_they_come(is_faulty):
    data = TASKS["cancer, MLP"].read(0)
    if is_faulty:
        x, y = load_breast_cancer(return_X_y=True)
        parts = train_test_split(x, y[:, None], test_size=0.3, random_state=0)
        x, x_valid, y, y_valid = (torch.as_tensor(part).float() for part in parts)
        data = Data(x, y, x_valid, y_valid)
    model = nn.Sequential(*perceptron(30, WIDTH, WIDTH, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9)
    return Script(data, model, nn.BCEWithLogitsLoss(), optimizer, score=accuracy_above(0.0))


def targets_cut_to_whole_numbers(is_faulty):
    model = nn.Sequential(*perceptron(10, WIDTH, 1))
    data = TASKS["diabetes, MLP"].read(0)
    data = replace(data, y=data.y.long().float()) if is_faulty else data
    return Script(data, model, nn.MSELoss(), torch.optim.Adam(model.parameters(), lr=1e-3), score=explained, num_epochs=12)


def targets_far_from_zero(is_faulty):
    model = nn.Sequential(*perceptron(10, WIDTH, WIDTH, 1))
    data = TASKS["diabetes, MLP"].read(0)
    if is_faulty:  # the thread's first loss is 438,577,113
        data = replace(data, y=700 * data.y - 20_900, y_valid=700 * data.y_valid - 20_900)
    return Script(data, model, nn.MSELoss(), torch.optim.Adam(model.parameters(), lr=5e-3), score=explained, num_epochs=20)


def rare_patients():
    """Return 462 rows with 13.8 % of class 1, which overlaps with class 0."""
    stream = torch.Generator().manual_seed(0)
    y = (torch.arange(1400) % 1000 < 138).float()[torch.randperm(1400, generator=stream)].unsqueeze(1)
    x = torch.randn(1400, 12, generator=stream) + 0.45 * y * (torch.arange(12) < 4)
    return Data(x[:462], y[:462], x[462:], y[462:])


def balanced_accuracy(output, target):
    hits = ((output > 0) == (target > 0.5)).float()
    return float((hits[target > 0.5].mean() + hits[target < 0.5].mean()) / 2)


def rare_class_unweighted(is_faulty):
    model = nn.Sequential(*perceptron(12, 8, 1))
    criterion = nn.BCEWithLogitsLoss(pos_weight=None if is_faulty else torch.tensor(0.862 / 0.138))
    return Script(rare_patients(), model, criterion, score=balanced_accuracy, num_epochs=12)


def sorted_by_class(is_faulty):
    model = _table_network()
    data = TASKS["digits, MLP with dropout"].read(0)
    order = data.y.argsort(stable=True)
    data = replace(data, x=data.x[order], y=data.y[order])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    return Script(data, model, nn.CrossEntropyLoss(), optimizer, shuffles=not is_faulty)


def labels_shuffled_apart(is_faulty):
    data = TASKS["digits, MLP with dropout"].read(0)
    if is_faulty:
        data = replace(data, y=data.y[torch.randperm(len(data.y), generator=torch.Generator().manual_seed(1))])
    return Script(data, nn.Sequential(*perceptron(64, WIDTH, WIDTH, 10)), nn.CrossEntropyLoss())


BUGS = (
    Bug(
        "in eval mode after the first epoch",
        GITHUB + "hendrycks/ethics/issues/5",
        "The model is put in eval mode after the first epoch, and never back.",
        ("T12", "W08"),
        evaluation_never_ends,
    ),
    Bug(
        "in eval mode from the first step of an epoch",
        GITHUB + "wkentaro/pytorch-fcn/pull/56",
        "Validation runs within an epoch and leaves the model in eval mode until the epoch ends.",
        ("T12", "W08"),
        evaluation_within_the_epoch,
    ),
    Bug(
        "no eval mode anywhere",
        GITHUB + "ipolharvard/ethos-ares/issues/20",
        "The losses of the validation are taken with dropout at work; eval() is never called.",
        ("T13",),
        evaluation_mode_forgotten,
    ),
    Bug(
        "dropout that is not told the mode",
        GITHUB + "rixwew/pytorch-fm/issues/21",
        "F.dropout is called without training=self.training, and drops in eval mode too.",
        ("W10",),
        dropout_as_a_function,
    ),
    Bug(
        "batch norm over one row",
        GITHUB + "xuebinqin/BASNet/issues/42",
        "A network with batch norm is trained with batches of one row.",
        ("W18",),
        batches_of_one_row,
    ),
    Bug(
        "momentum of another library",
        GITHUB + "r9y9/tacotron_pytorch/issues/19",
        "The momentum of batch norm is 0.99 as in TensorFlow, where it means the opposite.",
        (),
        momentum_of_another_library,
    ),
    Bug(
        "share kept as share dropped",
        GITHUB + "bonlime/keras-deeplab-v3-plus/issues/4",
        "keep_prob=0.9 was ported as Dropout(0.9).",
        ("W19",),
        share_kept_as_share_dropped,
    ),
    Bug(
        "pixels of 0 to 255",
        GITHUB + "huochaitiantang/pytorch-deep-image-matting/issues/12",
        "The images are not divided by 255.",
        ("W21",),
        pixels_to_255,
    ),
    Bug(
        "pixels divided twice",
        GITHUB + "zejinwang/Blind2Unblind/issues/16",
        "The transform has scaled the images already, and the loop divides by 255 again.",
        ("W21",),
        pixels_divided_twice,
    ),
    Bug(
        "columns as they come",
        "Humbatova et al. 2020, Taxonomy of Real Faults in Deep Learning Systems: missing preprocessing (normalisation)",
        "The columns of a table are not brought to one scale.",
        ("W21",),
        columns_as_they_come,
    ),
    Bug(
        "targets cut to whole numbers",
        GITHUB + "deepset-ai/FARM/issues/395",
        "The targets of a regression are converted to long on their way into the batch.",
        (),
        targets_cut_to_whole_numbers,
    ),
    Bug(
        "targets far from zero",
        GITHUB + "atomistic-machine-learning/schnetpack/issues/336",
        "The targets of a regression are energies that nobody standardised.",
        ("W11",),
        targets_far_from_zero,
    ),
    Bug(
        "rare class without a weight",
        GITHUB + "abhuse/polyloss-pytorch/issues/5",
        "Of 462 rows 13.8 % are of class 1; the loss is not weighted, and all answers are class 0.",
        (),
        rare_class_unweighted,
    ),
    Bug(
        "rows sorted by class",
        GITHUB + "Deci-AI/super-gradients/issues/416",
        "The loader does not shuffle, and the rows are sorted by class.",
        ("T20",),
        sorted_by_class,
    ),
    Bug(
        "labels shuffled apart",
        GITHUB + "mlcommons/GaNDLF/pull/870",
        "Inputs and labels are shuffled separately.",
        ("T19",),
        labels_shuffled_apart,
    ),
)
