"""AdamW, schedules and weighted cross-entropy, the same in every runner."""

import json
import math
import pickle
from functools import partial
from pathlib import Path

import pytest

from autodiff import Value
from nn import MLP, SGD, Adam, AdamW, cosine, cross_entropy, cross_entropy_with, fit, fit_many, iris
from nn.optim import linear_decay, step_decay

REFERENCE = json.loads((Path(__file__).parents[1] / "data" / "torch_reference.json").read_text(encoding="utf-8"))
X, Y = (rows[::10] for rows in iris())
RUNNERS = ["auto", "source", "batch", "native"]
MAKERS = {
    "adamw": partial(AdamW, weight_decay=0.3),
    "cosine": partial(AdamW, schedule=cosine(20, warmup=3, end=0.1)),
    "linear_decay": partial(SGD, momentum=0.9, schedule=linear_decay(25)),
    "step_decay": partial(Adam, schedule=step_decay(4, 0.5)),
    "own": partial(SGD, schedule=lambda step: 1.0 / (1.0 + 0.1 * step) ** 0.5),
}
LOSSES = [cross_entropy_with([1, 5, 0.5]), cross_entropy_with(label_smoothing=0.1), cross_entropy_with([2, 1, 1], 0.2)]


def trained(make=SGD, loss="cross_entropy", runner="eager", **options):
    net = MLP(4, [3, 3], seed=0)
    history = fit(net, X, Y, loss, make(net, 0.05), 12, 5, runner, progress=False, **options)
    return history, [p.data for p in net.parameters()]


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("name", MAKERS)
def test_schedule_in_every_runner(name, runner):
    history, numbers = trained(MAKERS[name], runner=runner)
    eager, expected = trained(MAKERS[name])

    assert history.loss == pytest.approx(eager.loss, rel=1e-10)
    assert numbers == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert numbers != trained(SGD)[1]


@pytest.mark.parametrize("name", MAKERS)
def test_schedule_in_source_to_the_last_bit(name):
    """With one weight no sum is reordered."""

    def numbers(runner):
        net = MLP(1, [1], seed=0)
        fit(net, [[0.5]], [0.3], optimizer=MAKERS[name](net, 0.05), epochs=40, runner=runner, progress=False)
        return [p.data for p in net.parameters()]

    assert numbers("source") == numbers("eager") == pytest.approx(numbers("native"), rel=1e-14)


@pytest.mark.parametrize("name", MAKERS)
def test_schedule_in_fit_many(name):
    runs = fit_many(
        MLP(4, [3, 3]), X, Y, "cross_entropy", MAKERS[name], seeds=[0, 1], learning_rates=[0.05], epochs=12,
        batch_size=5, progress=False,
    )  # fmt: skip

    assert [p.data for p in runs.model(0).parameters()] == pytest.approx(trained(MAKERS[name])[1], rel=1e-9, abs=1e-12)


def test_schedule_for_plain_numbers_trains_eagerly():
    make = partial(SGD, schedule=lambda step: 1.0 if step < 10 else 0.5 * math.cos(0.01 * step))

    assert trained(make, runner="auto")[1] == trained(make)[1] != trained(SGD)[1]


def test_schedule_of_a_resumed_run():
    whole, parts = MLP(4, [3, 3], seed=0), MLP(4, [3, 3], seed=0)
    fit(whole, X, Y, "cross_entropy", SGD(whole, 0.1, schedule=cosine(8)), 8, progress=False)
    first = fit(parts, X, Y, "cross_entropy", SGD(parts, 0.1, schedule=cosine(8)), 3, progress=False)
    fit(parts, X, Y, "cross_entropy", epochs=5, resume=first, progress=False)

    assert [p.data for p in parts.parameters()] == [p.data for p in whole.parameters()]


def test_schedules_pickle_and_stay_at_their_end():
    for schedule in (cosine(10, 2, 0.1), linear_decay(10, 2, 0.1)):
        again = pickle.loads(pickle.dumps(schedule))
        assert again(0) == pytest.approx((again(9) > 0.1) / 3)
        assert [again(2), again(10), again(99)] == pytest.approx([1.0, 0.1, 0.1])


def test_cross_entropy_with_matches_pytorch():
    loss = cross_entropy_with([1.0, 5.0, 0.5], label_smoothing=0.1)
    found = [loss.cost([1.0, 2.5, -0.5], target) for target in (0, 1, 2, [0.2, 0.5, 0.3])]

    assert found == pytest.approx(REFERENCE["cross_entropy"], rel=1e-12)


def test_cross_entropy_with_one_hot_and_zero_weight():
    loss = cross_entropy_with([0.0, 5.0, 1.0])
    scores = [Value(1.0), Value(2.5), Value(-0.5)]

    assert loss.cost(scores, 1).data == loss.cost(scores, [0, 1, 0]).data == 5.0 * cross_entropy(scores, 1).data
    loss.cost(scores, 0).backward()
    assert loss.cost(scores, 0).data == scores[0].grad == 0.0
    assert trained(loss=loss)[1] == pytest.approx(trained(loss=loss, runner="source")[1], rel=1e-12)


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("loss", LOSSES)
def test_cross_entropy_with_in_every_runner(loss, runner):
    history, numbers = trained(loss=loss, runner=runner)

    assert numbers == pytest.approx(trained(loss=loss)[1], rel=1e-9, abs=1e-12)
    assert history.loss != trained()[0].loss
