"""Random graphs for property tests: shared nodes, constants, every primitive, and numbers on kinks and ties."""

import math

from hypothesis import strategies
from primitive_samples import SAMPLES

from autodiff import PRIMITIVES, Value

COUNTS = {name: {len(point) for point in points} for name, (_, points) in SAMPLES.items()}
NUMBERS = strategies.sampled_from([0.0, -0.0, 0.5, 1.0, -1.0, 2.0, -3.0]) | strategies.floats(-4.0, 4.0)

EXTREMES = strategies.sampled_from([0.0, -0.0, math.inf, -math.inf, math.nan, 1e308, 5e-324]) | strategies.floats()


@strategies.composite
def graphs(draw, gates=12, names=tuple(PRIMITIVES), numbers=NUMBERS):
    """(leaves, output): two to four leaves, and up to so many gates, each on any nodes before it and on constants."""
    leaves = [Value(draw(numbers), f"x{i}") for i in range(draw(strategies.integers(2, 4)))]
    nodes = list(leaves)
    for _ in range(draw(strategies.integers(1, gates))):
        name = draw(strategies.sampled_from(names))
        count = draw(strategies.sampled_from(sorted(COUNTS[name])))
        operands = [nodes[draw(strategies.integers(0, len(nodes) - 1))] for _ in range(count)]
        for place in range(1, count):
            if draw(strategies.integers(0, 3)) == 0:
                operands[place] = draw(numbers)
        nodes.append(PRIMITIVES[name](*operands))
    return leaves, nodes[-1]
