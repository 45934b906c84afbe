import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.class_weight import compute_class_weight

from data.hand_made import real
from espalier.core.errors import PlanError
from espalier.core.plan import PreparePlan, SplitPlan
from espalier.data.prepare.preparation import fit_preparation
from espalier.data.prepare.resample import NUM_NEIGHBORS, class_weights, oversample, smote
from espalier.data.split import split


def clouds(counts=(100, 20, 7), seed=0):
    stream = np.random.default_rng(seed)
    target = np.repeat(np.arange(len(counts)), counts)
    numbers = stream.normal(size=(len(target), 3)) + 6 * target[:, None]
    numbers = np.hstack([numbers, stream.integers(0, 2, (len(target), 1))]).astype(np.float32)
    categories = target[:, None] * 10 + stream.integers(0, 3, (len(target), 2))
    rows = torch.arange(len(target)) + 2
    return (torch.from_numpy(numbers), torch.from_numpy(categories)), torch.from_numpy(target), rows


def test_class_weights_agree_with_scikit_learn():
    target = torch.tensor([0] * 50 + [1] * 30 + [2] * 5)
    expected = compute_class_weight("balanced", classes=np.arange(3), y=target.numpy())
    np.testing.assert_allclose(class_weights(target, 3), expected)


def test_a_class_without_rows_has_weight_one():
    assert class_weights(torch.tensor([0, 0, 2, 2]), 3) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("make", [oversample, smote])
def test_every_class_gets_as_many_rows_as_the_most_frequent(make):
    inputs, target, rows = clouds()
    new_inputs, new_target, new_rows = make(inputs, target, rows, 0)
    assert torch.bincount(new_target).tolist() == [100, 100, 100]
    assert [one.dtype for one in new_inputs] == [torch.float32, torch.int64]
    assert all(len(one) == 300 for one in (*new_inputs, new_rows))
    for old, new in zip((*inputs, target, rows), (*new_inputs, new_target, new_rows), strict=True):
        assert torch.equal(old, new[: len(old)])


def test_copies_are_spread_evenly_and_keep_their_row():
    inputs, target, rows = clouds()
    new_inputs, new_target, new_rows = oversample(inputs, target, rows, 0)
    copies = torch.bincount(new_rows)[2:]
    assert copies[:100].tolist() == [1] * 100
    assert set(copies[100:120].tolist()) == {5}
    assert set(copies[120:].tolist()) == {14, 15}
    assert torch.equal(new_inputs[0], inputs[0][new_rows - 2])


def test_new_rows_lie_in_the_range_of_their_class_and_come_from_no_file():
    inputs, target, rows = clouds()
    (numbers, categories), new_target, new_rows = smote(inputs, target, rows, 0)
    made = new_rows == -1
    assert made.sum() == 300 - len(rows)
    for one in (1, 2):
        old, new = inputs[0][target == one], numbers[made & (new_target == one)]
        assert (new >= old.min(dim=0).values - 1e-5).all()
        assert (new <= old.max(dim=0).values + 1e-5).all()
        assert len(new.unique(dim=0)) > len(new) / 2
        for place in range(2):
            assert set(categories[new_target == one, place].tolist()) <= set(inputs[1][target == one, place].tolist())


def test_neighbours_are_those_of_scikit_learn_where_there_are_only_numbers():
    stream = np.random.default_rng(0)
    numbers = torch.from_numpy(stream.normal(size=(700, 4)).astype(np.float32))
    target = torch.tensor([0] * 660 + [1] * 40)
    (new, codes), _, _ = smote((numbers, torch.empty(700, 0, dtype=torch.int64)), target, torch.arange(700), 0)
    assert codes.shape == (1320, 0)
    members = numbers[target == 1].double().numpy()
    near = NearestNeighbors(n_neighbors=NUM_NEIGHBORS).fit(members).kneighbors(return_distance=False)
    pairs = [(base, other) for base in range(40) for other in near[base]]
    starts, steps = members[[base for base, _ in pairs]], np.array([members[b] - members[a] for a, b in pairs])
    for point in new[700:].double().numpy():
        shares = ((point - starts) * steps).sum(axis=1) / (steps**2).sum(axis=1)
        gaps = np.abs(starts + shares[:, None] * steps - point).max(axis=1)
        assert gaps[(shares > -1e-4) & (shares < 1 + 1e-4)].min() < 1e-5


def test_zero_one_columns_stay_zero_or_one_in_new_rows():
    (numbers, _), _, _ = smote(*clouds(), 0)
    assert set(numbers[:, 3].tolist()) == {0.0, 1.0}


def test_a_category_of_a_new_row_is_the_one_most_neighbours_have():
    numbers = torch.zeros(20, 1)
    codes = torch.tensor([[5]] * 9 + [[6]] + [[7]] * 10)
    numbers[:10, 0] = torch.arange(10.0)
    target = torch.tensor([1] * 10 + [0] * 10)
    inputs = (torch.cat([numbers, numbers[:10] + 100]), torch.cat([codes, codes[10:]]))
    (_, new_codes), _, rows = smote(inputs, torch.cat([target, torch.zeros(10, dtype=torch.int64)]), torch.arange(30), 0)
    assert set(new_codes[rows == -1].flatten().tolist()) == {5}


def test_a_class_with_one_row_is_copied():
    inputs, target, rows = clouds((10, 1))
    (numbers, categories), new_target, new_rows = smote(inputs, target, rows, 0)
    assert torch.equal(numbers[11:], inputs[0][10:].expand(9, -1))
    assert torch.equal(categories[11:], inputs[1][10:].expand(9, -1))
    assert new_rows[11:].tolist() == [-1] * 9


def test_the_same_seed_makes_the_same_rows():
    first, again, other = (smote(*clouds(), seed)[0][0] for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_one_hot_inputs_have_no_codes():
    inputs, target, rows = clouds()
    made, _, _ = smote(inputs[:1], target, rows, 0)
    assert len(made) == 1
    assert len(made[0]) == 300


@pytest.mark.parametrize("make", [oversample, smote])
def test_a_target_that_is_no_class_is_refused(make):
    inputs, _, rows = clouds()
    with pytest.raises(PlanError, match="this target is no class"):
        make(inputs, torch.rand(len(rows)), rows, 0)


@pytest.mark.parametrize("name", ["mammography", "adult"])
def test_real_rare_classes_are_filled_up_within_the_range_of_their_class(name):
    records, schema = real(name)
    records = records.take(np.arange(6000))
    train = split(records, schema, SplitPlan(method="stratified"), 0).train
    prepared = fit_preparation(train, schema, PreparePlan(bins=0), "class")
    inputs, target = prepared.inputs(train.records), prepared.target(train.records)
    (numbers, codes), new_target, rows = smote(inputs, target, torch.from_numpy(train.records.rows), 0)
    counts = torch.bincount(new_target)
    assert (counts == counts[0]).all()
    rare = int(torch.bincount(target).argmin())
    old = inputs[0][target == rare]
    new = numbers[rows == -1]
    assert torch.isfinite(new).all()
    assert (new >= old.min(dim=0).values - 1e-5).all()
    assert (new <= old.max(dim=0).values + 1e-5).all()
    for place in range(codes.shape[1]):
        assert set(codes[rows == -1, place].tolist()) <= set(inputs[1][target == rare, place].tolist())
