"""The lectures' examples of nets, losses and training, as lines of text.

>>> from nn.lectures.catalog import watch
>>> print("\\n".join(watch("E1")))
E1  Feed-forward with a step activation
x = (0, 2, 1): z2 = (2, 2, 5), a2 = (1, 1, 1), z3 = 2, h = 1
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from textwrap import wrap

from autodiff.lectures import SLIPS, TITLES, whole

from .._checks import one_of
from . import by_hand, depth, descents, learning, tables, vectors, words

Show = Callable[[], Iterator[str]]

WATCH: dict[str, Show] = {
    "A7": tables.derivatives, "A8": partial(by_hand.hidden_layer, True), "A9": learning.one_example_at_a_time,
    "A10": partial(by_hand.hidden_layer, False),
    "B6": learning.until_convergence, "B7": depth.diluted_gradients, "B8": by_hand.linear_layers,
    "B9": vectors.transposed_jacobian, "B10": vectors.several_regressions, "B11": vectors.rows_and_columns,
    "B12": learning.too_little_data,
    "C4": descents.standing_still, "C5": learning.batch_sizes, "C6": vectors.notation,
    "C9": by_hand.mean_of_gradients, "C10": descents.four_ways, "C11": learning.universal_approximation,
    "C12": depth.why_backward, "C13": words.three_reviews, "C14": learning.why_a_bias,
    "C15": descents.objective_and_distance, "C16": descents.one_update, "C17": descents.two_paths, "C18": tables.uses,
    "D10": vectors.two_and_three_layers, "D13": depth.saturation, "D14": descents.the_cliff,
    "D16": learning.capacity, "D17": vectors.weight_matrix, "D18": by_hand.batch_normalization,
    "D19": vectors.backprop_with_vectors, "D20": tables.rules, "D21": vectors.numpy_listings,
    "D22": tables.characteristics, "D23": tables.questions, "D25": vectors.data_shapes, "D26": tables.rounded_steps,
    "E1": by_hand.step_units, "E3": by_hand.composition, "E4": by_hand.inside_a_rectangle,
    "E5": learning.gates_one_by_one, "E9": learning.small_random_weights, "E10": words.weight_sharing,
    "E12": learning.all_zero, "E13": words.language_model, "E15": by_hand.likelihood_product,
    "E16": by_hand.half_planes, "E17": tables.exercises,
}  # fmt: skip


def watch(name: str) -> Iterator[str]:
    """Yield the title of a lecture's example and then its lines as they are computed."""
    show = one_of("example to watch", name, WATCH)
    yield f"{name}  {TITLES[name]}"
    yield from show()
    for slip in SLIPS:
        yield from wrap(str(slip), 100) if whole(slip.id) == name else ()
