"""Embeddings, norms, attention and GPT against PyTorch 2.13 and against a GPT written out in scalars."""

import math
import random

import pytest

import autodiff
import nn
from autodiff import Value
from nn import GPT, CausalSelfAttention, Embedding, LayerNorm, RMSNorm
from tests.support.nests import gpt as written_out
from visualize import draw, page
from visualize.scene.build import scene

X = 0.5, -1.0, 2.0, 0.25
SCALE, SHIFT = (1.0, 0.5, -1.0, 2.0), (0.0, 0.1, 0.2, -0.3)


def inputs():
    return [Value(x) for x in X]


def set_numbers(values, numbers):
    for value, number in zip(values, numbers):
        value.data = number


def close(values, numbers):
    assert values == pytest.approx(numbers, rel=1e-12, abs=1e-14)


def test_layer_norm_matches_pytorch():
    norm, x = LayerNorm(4), inputs()
    set_numbers(norm.scale, SCALE), set_numbers(norm.shift, SHIFT)
    y = norm(x)
    close([a.data for a in y], [0.05862078032576702, -0.5741389737463202, -1.2655195081441741, -0.6517246819546016])
    sum(k * a for k, a in enumerate(y, 1)).backward()
    close([a.grad for a in x], [-0.6059503670698931, -2.9459262912133406, -2.017704383775532, 5.569581042058766])
    slopes = [0.05862078032576701, -2.6965558949852806, 4.396558524432523, -0.7034493639092034]
    close([a.grad for a in norm.scale], slopes)
    assert [a.grad for a in norm.shift] == [1.0, 2.0, 3.0, 4.0]


def test_rms_norm_matches_pytorch():
    norm, x = RMSNorm(4), inputs()
    set_numbers(norm.scale, SCALE)
    y = norm(x)
    close([a.data for a in y], [0.43385928228779475, -0.43385928228779475, -1.735437129151179, 0.43385928228779475])
    sum(k * a for k, a in enumerate(y, 1)).backward()
    close([a.grad for a in x], [1.235220130736988, 0.13271543225279225, -1.133149429081174, 7.125499299685416])
    close(
        [a.grad for a in norm.scale], [0.43385928228779475, -1.735437129151179, 5.206311387453537, 0.8677185645755895]
    )
    assert len(norm.parameters()) == 4
    assert RMSNorm(4, learned=False).parameters() == norm.weights() == []


def test_causal_attention_matches_pytorch():
    attention = CausalSelfAttention(4, heads=2, seed=0)
    layers = attention.query, attention.key, attention.value, attention.mix
    for k, layer in enumerate(layers):
        set_numbers(layer.parameters(), [math.sin(1.0 + i + 16 * k) for i in range(16)])
    rows = [[Value(math.cos(0.5 * i + j)) for j in range(4)] for i in range(3)]
    found = attention(rows)
    expected = [
        [-0.10514982557260533, 1.1321613234963745, -1.374910228211213, 0.66524127636441],
        [0.05378382688785921, 1.046242359936783, -1.421523115787797, 0.8120966731529355],
        [0.4518528557766308, 0.889249870987629, -1.6143578668263374, 1.2211795718964185],
    ]
    for row, numbers in zip(found, expected):
        close([a.data for a in row], numbers)
    sum(k * a for k, a in enumerate([a for row in found for a in row], 1)).backward()
    slopes = [
        [10.713711952221633, 4.3933434539569145, -5.966244754934399, -10.840495050886414],
        [-1.51265694211013, -3.49585396965539, -2.264978979456065, 1.0483072389694352],
        [-4.396922971628458, -4.126837126134977, -0.06255625875749282, 4.059238544428663],
    ]
    for row, numbers in zip(rows, slopes):
        close([a.grad for a in row], numbers)
    of_mix = [30.686571407832105, -27.544226117521134, -1.1045827211972785, 27.377356341932874]
    close([a.grad for a in attention.mix.neurons[0].w], of_mix)
    of_value = [-17.778840115562804, -2.913259631100069, 14.630758323010935, 18.72332454814464]
    close([a.grad for a in attention.value.neurons[0].w], of_value)


def test_embedding_gradients():
    embedding = Embedding(3, 2, seed=0)
    assert [x.data for x in embedding(1)] == [x.data for x in embedding.rows[1]]
    sum(embedding(1)).backward()
    assert [x.grad for x in embedding.parameters()] == [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]
    with pytest.raises(IndexError, match="3"):
        embedding(3)


def test_gpt_matches_the_one_written_out():
    loss, parameters, leaves = written_out(6, layers=2)
    model = GPT(27, layers=2, seed=0)
    tables, blocks = parameters[: 70 * 16], parameters[70 * 16 :]
    set_numbers(model.parameters(), [x.data for x in [*tables[: 43 * 16], *blocks, *tables[43 * 16 :]]])
    expected = loss()
    tokens, targets = ([x.data for x in part] for part in (leaves[:6], leaves[6:]))
    scores = model(tokens)
    found = sum(nn.cross_entropy(row, int(target)) for row, target in zip(scores, targets)) / 6
    assert found.data == pytest.approx(expected.data, rel=1e-12)
    expected.backward()
    found.backward()
    own = [x.grad for x in model.parameters()]
    close([*own[: 43 * 16], *own[-27 * 16 :], *own[43 * 16 : -27 * 16]], [x.grad for x in parameters])
    close(
        [model.loss([1, 2, 3]).data],
        [(nn.cross_entropy(model([1])[0], 2) + nn.cross_entropy(model([1, 2])[1], 3)).data / 2],
    )


def test_gpt_learns_and_samples_names():
    model, words = GPT(4, width=8, heads=2, context=6, seed=1), [[3, 0, 1, 2, 3], [3, 0, 1, 3]]
    with autodiff.compile(model.loss).trainer(model, nn.Adam(model.parameters(), 0.02)) as trainer:
        losses = trainer.run(words * 150)
    assert losses[-1] < 0.5 < losses[0]
    drawn = [model.sample([3], 3, temperature=0.5, seed=k) for k in range(8)]
    assert {tuple(tokens) for tokens in drawn} <= {(0, 1, 2, 3), (0, 1, 3)}
    assert len(model.sample([3], 9, seed=0)) == 5  # until the context is full


def test_transformer_saves_and_folds(tmp_path):
    model = GPT(8, 8, 2, 2, 4, seed=0)
    other = GPT(8, 8, 2, 2, 4, seed=1)
    other.load_state_dict(model.state_dict())
    assert other.loss([1, 2, 3]).data == model.loss([1, 2, 3]).data
    made = scene(model.loss([3, 1, 2]), fold=model)
    names = [box.name for box in made.boxes if box.kind == "fold"]
    assert names == ["tokens.rows", "positions.rows", "blocks.0", "blocks.1", "head.neurons"]
    small = GPT(4, 4, 2, 1, 3, seed=0)
    assert "blocks.0.attention.query" in draw(small.loss([3, 1, 2]), fold=small).svg()
    assert "blocks.0.attention.query" in page(small.loss([3, 1, 2]), fold=small).html()


def test_transformer_refusals():
    with pytest.raises(ValueError, match="got 4 heads for a width of 6"):
        CausalSelfAttention(6)
    with pytest.raises(ValueError, match="a sequence must have 1 to 16 tokens, got 17"):
        GPT(27, seed=0)([0] * 17)
    with pytest.raises(ValueError, match=r"RMSNorm\(2 units\) expected 2 numbers, got 3"):
        RMSNorm(2)([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"LayerNorm\(2 units\) expected 2 numbers, got 1"):
        LayerNorm(2)([1.0])
    assert repr(Embedding(27, 16, seed=0)) == "Embedding(27 tokens, width 16)"
    assert repr(CausalSelfAttention(4, 2, seed=random.Random(0))) == "CausalSelfAttention(width 4, 2 heads)"
