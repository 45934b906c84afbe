"""Bugs of dimensions, masks and states: what may look at what."""

import torch
from torch import nn
from torch.nn import functional as F

from bugs.script import Bug, Script, explained, flat_cross_entropy, next_tokens, token_accuracy
from tasks import NUM_TOKENS, TASKS, WIDTH, Data

GITHUB = "https://github.com/"
PAD = 0
LONGEST = 16


def on_waves(model):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    return Script(TASKS["waves, GRU"].read(0), model, nn.CrossEntropyLoss(), optimizer, num_epochs=24)


class Pooled(nn.Module):
    """A GRU whose outputs are averaged by attention, and a classifier.

    Args:
        dim: of the scores (B, T, 1), over which the softmax runs.
    """

    def __init__(self, dim):
        super().__init__()
        self.recurrent = nn.GRU(1, WIDTH, batch_first=True)
        self.score, self.classifier, self.dim = nn.Linear(WIDTH, 1), nn.Linear(WIDTH, 3), dim

    def forward(self, x):
        """Run it."""
        states = self.recurrent(x)[0]
        return self.classifier((self.score(states).softmax(dim=self.dim) * states).sum(dim=1))


def attention_of_one(is_faulty):
    return on_waves(Pooled(2 if is_faulty else 1))


def attention_over_the_batch(is_faulty):
    return on_waves(Pooled(0 if is_faulty else 1))


class Patches(nn.Module):
    """Attention between the rows of a small image.

    Args:
        dim: of the scores (B, query, key), over which the softmax runs.
    """

    def __init__(self, dim):
        super().__init__()
        self.embed, self.places = nn.Linear(8, WIDTH), nn.Parameter(0.02 * torch.randn(8, WIDTH))
        self.query, self.key, self.value = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.classifier, self.dim = nn.Linear(8 * WIDTH, 10), dim

    def forward(self, x):
        """Run it."""
        x = self.embed(x) + self.places
        scores = torch.einsum("bid,bjd->bij", self.query(x), self.key(x)) / WIDTH**0.5
        mixed = torch.einsum("bij,bjd->bid", scores.softmax(dim=self.dim), self.value(x))
        return self.classifier((x + mixed).relu().flatten(1))


def digit_rows():
    """Return the digits as sequences of eight rows, (N, 8, 8)."""
    data = TASKS["digits, CNN"].read(0)
    return Data(data.x.squeeze(1), data.y, data.x_valid.squeeze(1), data.y_valid)


def softmax_over_the_queries(is_faulty):
    return Script(digit_rows(), Patches(1 if is_faulty else 2), nn.CrossEntropyLoss())


class RowsInTime(nn.Module):
    """An LSTM over the rows of an image.

    Args:
        is_batch_first: the LSTM is told so; the data are.
    """

    def __init__(self, is_batch_first):
        super().__init__()
        self.lstm, self.classifier = nn.LSTM(8, WIDTH, 2, batch_first=is_batch_first), nn.Linear(WIDTH, 10)

    def forward(self, x):
        """Run it."""
        return self.classifier(self.lstm(x)[0][:, -1])


def lstm_told_nothing_of_the_batch(is_faulty):
    return Script(digit_rows(), RowsInTime(not is_faulty), nn.CrossEntropyLoss(), num_epochs=12)


class Encoded(nn.Module):
    """A transformer encoder over a series, and the value that comes next.

    Args:
        is_batch_first: the encoder is told so; the data are.
    """

    def __init__(self, is_batch_first):
        super().__init__()
        self.embed, self.places = nn.Linear(1, WIDTH), nn.Parameter(0.1 * torch.randn(12, WIDTH))
        self.encoder = nn.TransformerEncoderLayer(WIDTH, 2, 2 * WIDTH, dropout=0.0, batch_first=is_batch_first)
        self.head = nn.Linear(WIDTH, 1)

    def forward(self, x):
        """Run it."""
        return self.head(self.encoder(self.embed(x) + self.places)[:, -1])


def encoder_told_nothing_of_the_batch(is_faulty):
    data = TASKS["series, GRU"].read(0)
    return Script(data, Encoded(not is_faulty), nn.MSELoss(), score=explained, num_epochs=15)


class TimeFirst(nn.Module):
    """A GRU that wants time first.

    Args:
        is_view: (B, T, F) is brought to (T, B, F) by a view, which deals the values out anew.
    """

    def __init__(self, is_view):
        super().__init__()
        self.is_view = is_view
        self.recurrent, self.head = nn.GRU(8, WIDTH), nn.Linear(WIDTH, 10)

    def forward(self, x):
        """Run it."""
        x = x.reshape(x.shape[1], x.shape[0], -1) if self.is_view else x.transpose(0, 1)
        return self.head(self.recurrent(x)[0][-1])


def view_for_transpose(is_faulty):
    return Script(digit_rows(), TimeFirst(is_faulty), nn.CrossEntropyLoss(), num_epochs=12)


class OnTheSphere(nn.Module):
    """Embeddings of length one, and a classifier of cosines.

    Args:
        dim: over which the length is taken.
    """

    def __init__(self, dim):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH))
        self.head, self.dim = nn.Linear(WIDTH, 10), dim

    def forward(self, x):
        """Run it."""
        return self.head(10 * F.normalize(self.body(x), dim=self.dim))


def normalized_over_the_batch(is_faulty):
    data = TASKS["digits, MLP with dropout"].read(0)
    return Script(data, OnTheSphere(0 if is_faulty else 1), nn.CrossEntropyLoss())


class Decoder(nn.Module):
    """One block of attention over tokens, by the function of torch.

    Args:
        mask: of a length, (T, T) of booleans, True where a query may look; None for all.
    """

    def __init__(self, mask):
        super().__init__()
        self.tokens, self.places = nn.Embedding(NUM_TOKENS, WIDTH), nn.Embedding(LONGEST, WIDTH)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Sequential(nn.Linear(WIDTH, 2 * WIDTH), nn.ReLU(), nn.Linear(2 * WIDTH, NUM_TOKENS))
        self.mask = mask

    def forward(self, tokens):
        """Run it."""
        x = self.tokens(tokens) + self.places(torch.arange(tokens.shape[1]))
        query, key, value = self.qkv(self.norm(x)).unflatten(-1, (3, 2, -1)).permute(2, 0, 3, 1, 4)
        mask = None if self.mask is None else self.mask(tokens.shape[1])
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self.head(x + self.out(mixed.transpose(1, 2).flatten(2)))


def may_look_back(length):
    return torch.ones(length, length, dtype=torch.bool).tril()


def no_causal_mask(is_faulty):
    model = Decoder(None if is_faulty else may_look_back)
    data = TASKS["grammar, attention"].read(0)
    return Script(data, model, flat_cross_entropy, score=token_accuracy, is_causal=True, predict=next_tokens)


def causal_mask_inverted(is_faulty):
    model = Decoder((lambda length: ~may_look_back(length)) if is_faulty else may_look_back)
    data = TASKS["grammar, attention"].read(0)
    return Script(data, model, flat_cross_entropy, score=token_accuracy, is_causal=True, predict=next_tokens)


def padded_texts():
    """Return texts of 3 to 16 tokens, padded to 16, and whether tokens of the upper half are in the majority."""
    stream = torch.Generator().manual_seed(0)
    length = torch.randint(3, LONGEST, (1200, 1), generator=stream)
    text = torch.randint(1, NUM_TOKENS, (1200, LONGEST), generator=stream)
    is_padding = torch.arange(LONGEST) >= length
    y = ((text > NUM_TOKENS // 2) & ~is_padding).sum(1) * 2 > length.squeeze(1)
    x = text.masked_fill(is_padding, PAD)
    return Data(x[:900], y[:900].long(), x[900:], y[900:].long())


class Reader(nn.Module):
    """Attention of one learnt query over the tokens of a text, and a classifier.

    Args:
        mask: of tokens (B, T), True where the query may look.
    """

    def __init__(self, mask):
        super().__init__()
        self.tokens, self.mask = nn.Embedding(NUM_TOKENS, WIDTH), mask
        self.query, self.key = nn.Parameter(0.1 * torch.randn(WIDTH)), nn.Linear(WIDTH, WIDTH)
        self.head = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 2))

    def forward(self, tokens):
        """Run it."""
        x = self.tokens(tokens)
        query = self.query.expand(len(x), 1, -1)
        return self.head(F.scaled_dot_product_attention(query, self.key(x), x, attn_mask=self.mask(tokens)).squeeze(1))


def _words(tokens):
    return (tokens != PAD).unsqueeze(1)


def padding_is_read(is_faulty):
    mask = (lambda tokens: torch.ones_like(tokens, dtype=torch.bool).unsqueeze(1)) if is_faulty else _words
    return Script(padded_texts(), Reader(mask), nn.CrossEntropyLoss(), num_epochs=12)


def padding_mask_inverted(is_faulty):
    mask = (lambda tokens: ~_words(tokens)) if is_faulty else _words
    return Script(padded_texts(), Reader(mask), nn.CrossEntropyLoss(), num_epochs=12)


class Remembering(nn.Module):
    """A GRU over waves.

    Args:
        is_kept: the last state of a batch, detached, is the first of the next.
    """

    def __init__(self, is_kept):
        super().__init__()
        self.recurrent, self.head = nn.GRU(1, WIDTH, batch_first=True), nn.Linear(WIDTH, 3)
        self.is_kept, self.state = is_kept, None

    def forward(self, x):
        """Run it."""
        states, last = self.recurrent(x, self.state)
        self.state = last.detach() if self.is_kept else None
        return self.head(states[:, -1])


def state_of_the_batch_before(is_faulty):
    return on_waves(Remembering(is_faulty))


BUGS = (
    Bug(
        "attention of one score",
        GITHUB + "DEEP-PolyU/KEQA_WSDM19/issues/2",
        "The softmax of the attention runs over a dimension of length one, so that every weight is 1.",
        ("T03", "W03"),
        attention_of_one,
    ),
    Bug(
        "attention over the batch",
        GITHUB + "PetrochukM/PyTorch-NLP/issues/2",
        "The softmax of the attention runs over dimension 0, the batch.",
        ("W09",),
        attention_over_the_batch,
    ),
    Bug(
        "softmax over the queries",
        GITHUB + "labmlai/annotated_deep_learning_paper_implementations/issues/146",
        "Attention weights of (batch, query, key) are normalised over the queries; the thread measured no loss by it.",
        (),
        softmax_over_the_queries,
    ),
    Bug(
        "LSTM without batch_first",
        GITHUB + "pytorch/pytorch/issues/1538",
        "Rows of images come as (batch, time, feature) into an LSTM that wants time first.",
        ("W09",),
        lstm_told_nothing_of_the_batch,
    ),
    Bug(
        "encoder without batch_first",
        GITHUB + "Exorust/TorchLeet/issues/5",
        "TransformerEncoderLayer gets (batch, time, feature) without batch_first.",
        ("W09",),
        encoder_told_nothing_of_the_batch,
    ),
    Bug(
        "view for transpose",
        GITHUB + "HHTseng/video-classification/issues/42",
        "To swap batch and time a view is taken, as the thread first proposed; it mixes the values of different rows.",
        ("W09",),
        view_for_transpose,
    ),
    Bug(
        "normalised over the batch",
        GITHUB + "alireza-nasiri/SoundCLR/issues/4",
        "F.normalize gets dim=0, and divides each feature by its length over the batch.",
        ("W09",),
        normalized_over_the_batch,
    ),
    Bug(
        "no causal mask",
        GITHUB + "alex-matton/causal-transformer-decoder/issues/1",
        "The decoder is trained without a mask and copies the next token.",
        ("W22",),
        no_causal_mask,
    ),
    Bug(
        "causal mask inverted",
        GITHUB + "rasbt/LLMs-from-scratch/issues/1061",
        "The mask of the future goes to scaled_dot_product_attention, where True means that it may be looked at.",
        ("W22", "W02"),
        causal_mask_inverted,
    ),
    Bug(
        "padding is read",
        GITHUB + "yg211/bert_nli/pull/3",
        "The attention mask is 1 at the padding too.",
        (),
        padding_is_read,
    ),
    Bug(
        "padding mask inverted",
        GITHUB + "InseeFrLab/torchTextClassifiers/pull/92",
        "The mask is inverted on its way to scaled_dot_product_attention; only padding is read.",
        ("W12",),
        padding_mask_inverted,
    ),
    Bug(
        "state of the batch before",
        GITHUB + "vikrant7/mobile-vod-bottleneck-lstm/issues/6",
        "The last state is detached, but never set back to zero for the next sequences.",
        ("W10",),
        state_of_the_batch_before,
    ),
)
