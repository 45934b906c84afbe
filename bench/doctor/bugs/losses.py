"""Bugs between the last layer, the loss and the target."""

from dataclasses import replace

import torch
from torch import nn
from torch.nn import functional as F

from bugs.script import Apply, Bug, Script, accuracy_above, explained, if_faulty, perceptron, token_accuracy
from tasks import NUM_TOKENS, TASKS, WIDTH, Data, LastState


def sensor_windows_with_softmax(is_faulty):
    data = TASKS["waves, GRU"].read(0)
    layers = [Apply(lambda x: x.transpose(1, 2)), nn.Conv1d(1, 16, 5), nn.ReLU(), nn.MaxPool1d(2), nn.Flatten()]
    model = nn.Sequential(*layers, nn.Linear(128, 3), *if_faulty(is_faulty, nn.Softmax(dim=1)))
    return Script(data, model, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9))


def language_model_with_softmax(is_faulty):
    softmax = if_faulty(is_faulty, nn.Softmax(dim=-1))
    model = nn.Sequential(nn.Embedding(NUM_TOKENS, WIDTH), *perceptron(WIDTH, WIDTH, NUM_TOKENS), *softmax)
    return Script(
        TASKS["grammar, attention"].read(0),
        model,
        F.cross_entropy,
        score=token_accuracy,
        is_causal=True,
        as_output=lambda output: output.reshape(-1, NUM_TOKENS),
        as_target=torch.flatten,
    )


def logistic_regression_with_two_softmaxes(is_faulty):
    model = nn.Sequential(nn.Linear(64, 10), *if_faulty(is_faulty, nn.Softmax(dim=1)))
    data = TASKS["digits, MLP with dropout"].read(0)
    return Script(data, model, F.nll_loss, as_output=lambda output: F.log_softmax(output, dim=1))


def sigmoid_before_logits(is_faulty):
    model = nn.Sequential(*perceptron(30, WIDTH, 1), *if_faulty(is_faulty, nn.Sigmoid()))
    threshold = 0.5 if is_faulty else 0.0
    return Script(TASKS["cancer, MLP"].read(0), model, nn.BCEWithLogitsLoss(), score=accuracy_above(threshold))


def sigmoid_before_cross_entropy(is_faulty):
    model = nn.Sequential(*perceptron(64, WIDTH, 10), *if_faulty(is_faulty, nn.Sigmoid()))
    return Script(TASKS["digits, MLP with dropout"].read(0), model, nn.CrossEntropyLoss())


def softmax_before_nll(is_faulty):
    last = nn.Softmax(dim=1) if is_faulty else nn.LogSoftmax(dim=1)
    model = nn.Sequential(LastState(nn.GRU, 1, WIDTH), nn.Linear(WIDTH, 3), last)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    return Script(TASKS["waves, GRU"].read(0), model, nn.NLLLoss(), optimizer, num_epochs=24)


def log_softmax_over_the_batch(is_faulty):
    model = nn.Sequential(*perceptron(64, WIDTH, 10), nn.LogSoftmax(dim=0 if is_faulty else 1))
    return Script(TASKS["digits, MLP with dropout"].read(0), model, F.nll_loss)


def one_output_for_cross_entropy(is_faulty):
    data = TASKS["cancer, MLP"].read(0)
    if is_faulty:
        return Script(data, nn.Sequential(*perceptron(30, WIDTH, 1)), nn.CrossEntropyLoss(), score=accuracy_above(0.0))
    data = replace(data, y=data.y.long().squeeze(1), y_valid=data.y_valid.long().squeeze(1))
    return Script(data, nn.Sequential(*perceptron(30, WIDTH, 2)), nn.CrossEntropyLoss())


def targets_without_a_column(is_faulty):
    model = nn.Sequential(*perceptron(10, WIDTH, 1))
    as_target = (lambda target: target.squeeze(1)) if is_faulty else (lambda target: target)
    return Script(TASKS["diabetes, MLP"].read(0), model, nn.MSELoss(), score=explained, as_target=as_target)


def _squared_error(output, target):
    return ((output - target) ** 2).mean()


def spirals():
    """Return points of two spirals that run into each other, and which one each is of, (N, 1)."""
    stream = torch.Generator().manual_seed(0)
    angle = 9 * torch.rand(800, generator=stream).sqrt()
    side = torch.arange(800) % 2
    way = angle + 3.1416 * side
    x = torch.stack([way.cos(), way.sin()], dim=1) * angle[:, None] / 5 + 0.05 * torch.randn(800, 2, generator=stream)
    y = side[:, None].float()
    return Data(x[:560], y[:560], x[560:], y[560:])


def spirals_with_a_squared_error_by_hand(is_faulty):
    model = nn.Sequential(*perceptron(2, 100, 100, 100, 1))
    as_target = (lambda target: target.squeeze(1)) if is_faulty else (lambda target: target)
    return Script(spirals(), model, _squared_error, score=accuracy_above(0.5), as_target=as_target, num_epochs=30)


def squared_error_of_probabilities(is_faulty):
    data = TASKS["digits, MLP with dropout"].read(0)
    model = nn.Sequential(*perceptron(64, WIDTH, 10), *if_faulty(is_faulty, nn.Softmax(dim=1)))
    if is_faulty:
        return Script(data, model, nn.MSELoss(), as_target=lambda target: F.one_hot(target, 10).float())
    return Script(data, model, nn.CrossEntropyLoss())


def relu_after_the_logits(is_faulty):
    layers = [nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1), nn.ReLU()]
    layers += [nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 10)]
    model = nn.Sequential(*layers, *if_faulty(is_faulty, nn.ReLU()))
    for one in model.modules():
        if isinstance(one, nn.Conv2d | nn.Linear):
            nn.init.trunc_normal_(one.weight, std=0.1)
            nn.init.constant_(one.bias, 0.1)
    return Script(TASKS["digits, CNN"].read(0), model, nn.CrossEntropyLoss())


def relu_that_begins_dead(is_faulty):
    """The thread: "in case of unlucky initialization"; so weights are drawn until they are unlucky."""
    data = TASKS["series, GRU"].read(0)
    low, high = data.y.min(), data.y.max()
    data = replace(data, y=(data.y - low) / (high - low), y_valid=(data.y_valid - low) / (high - low))
    model = nn.Sequential(LastState(nn.GRU, 1, WIDTH), nn.Linear(WIDTH, 1))
    with torch.no_grad():
        while (model(data.x) > 0).any():
            model = nn.Sequential(LastState(nn.GRU, 1, WIDTH), nn.Linear(WIDTH, 1))
    return Script(data, nn.Sequential(*model, *if_faulty(is_faulty, nn.ReLU())), nn.MSELoss(), score=explained)


def tanh_for_pixels_to_255(is_faulty):
    data = TASKS["digits, MLP with dropout"].read(0)
    x, x_valid = ((part + 0.3) * (255 if is_faulty else 2) - (0 if is_faulty else 1) for part in (data.x, data.x_valid))
    model = nn.Sequential(*perceptron(64, WIDTH, 16, WIDTH, 64), nn.Tanh())
    return Script(Data(x, x, x_valid, x_valid), model, nn.MSELoss(), score=explained)


def summed_over_a_large_batch(is_faulty):
    model = nn.Sequential(*perceptron(64, 128, 128, 10))
    loss = nn.CrossEntropyLoss(reduction="sum" if is_faulty else "mean")
    data = TASKS["digits, MLP with dropout"].read(0)
    rate = 0.01 if is_faulty else 0.01 * 128  # the rate that is right for a sum over 128 rows
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    return Script(data, model, loss, optimizer, batch_size=128 * 8 if is_faulty else 128, num_epochs=40)


GITHUB = "https://github.com/"
BUGS = (
    Bug(
        "softmax before cross entropy, sensor windows",
        GITHUB + "jindongwang/Deep-learning-activity-recognition/issues/10",
        "The network ends in a softmax and its output goes into CrossEntropyLoss.",
        ("W04",),
        sensor_windows_with_softmax,
    ),
    Bug(
        "softmax before cross entropy, language model",
        GITHUB + "bkitano/llama-from-scratch/issues/5",
        "A language model returns a softmax over its vocabulary, which is flattened into F.cross_entropy.",
        ("W04",),
        language_model_with_softmax,
    ),
    Bug(
        "two softmaxes, logistic regression",
        GITHUB + "Lightning-Universe/lightning-bolts/issues/654",
        "The model returns a softmax, and the step takes a log softmax of it for the negative log likelihood.",
        ("W04",),
        logistic_regression_with_two_softmaxes,
    ),
    Bug(
        "sigmoid before a loss of logits",
        GITHUB + "yudi-mars/daisyRec/pull/15",
        "The output passes a sigmoid and then BCEWithLogitsLoss, which has one inside.",
        ("W04",),
        sigmoid_before_logits,
    ),
    Bug(
        "sigmoid before cross entropy",
        GITHUB + "eriklindernoren/PyTorch-YOLOv3/issues/108",
        "Class scores pass a sigmoid before CrossEntropyLoss, so that its loss has a floor.",
        ("W04", "W06"),
        sigmoid_before_cross_entropy,
    ),
    Bug(
        "softmax before NLLLoss",
        GITHUB + "pytorch/pytorch/issues/2623",
        "The log softmax of the tutorial became a softmax, and NLLLoss went below zero.",
        ("W04",),
        softmax_before_nll,
    ),
    Bug(
        "log softmax over the batch",
        GITHUB + "fxia22/pointnet.pytorch/issues/27",
        "log_softmax runs over dimension 0, the batch, and not over the classes.",
        ("W04", "W09"),
        log_softmax_over_the_batch,
    ),
    Bug(
        "cross entropy over one output",
        GITHUB + "ultralytics/yolov3/issues/191",
        "CrossEntropyLoss gets one column; a softmax of one value is 1, and the loss always 0.",
        ("W07",),
        one_output_for_cross_entropy,
    ),
    Bug(
        "(N, 1) against (N,)",
        GITHUB + "pytorch/pytorch/issues/16045",
        "Outputs of shape (N, 1) and targets of shape (N,) go into MSELoss and broadcast.",
        ("W05",),
        targets_without_a_column,
    ),
    Bug(
        "(N, 1) against (N,), loss by hand",
        GITHUB + "jax-ml/jax/issues/2697",
        "A squared error written by hand subtracts targets (N,) from outputs (N, 1); the loss rests at 0.25, as in the thread.",
        ("W05",),
        spirals_with_a_squared_error_by_hand,
    ),
    Bug(
        "squared error of class probabilities",
        GITHUB + "FluxML/model-zoo/issues/8",
        "Digits are classified with a softmax and a squared error.",
        (),
        squared_error_of_probabilities,
    ),
    Bug(
        "ReLU after the logits",
        GITHUB + "martinwicke/tf-dev-summit-tensorboard-tutorial/issues/3",
        "Every fully connected layer has a ReLU, the last one too.",
        ("W06",),
        relu_after_the_logits,
    ),
    Bug(
        "ReLU after a regression, dead at once",
        GITHUB + "ProteomicsML/ProteomicsML/pull/203",
        "A ReLU stands after the last layer of a regression; with unlucky weights it is 0 for all rows and stays so.",
        ("W06", "T07", "W12"),
        relu_that_begins_dead,
    ),
    Bug(
        "tanh for pixels up to 255",
        GITHUB + "togheppi/DCGAN/issues/2",
        "The output is a tanh, and the images it is held against are not scaled to -1 to 1.",
        ("W06", "W21"),
        tanh_for_pixels_to_255,
    ),
    Bug(
        "loss summed over a large batch",
        GITHUB + "jax-ml/jax/pull/3113",
        "The loss is a sum over the rows, and the batch was made larger at the same rate.",
        ("W17",),
        summed_over_a_large_batch,
    ),
)
