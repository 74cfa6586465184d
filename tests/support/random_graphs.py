"""Random graphs for property tests: shared nodes, constants, every primitive, and numbers on kinks and ties."""

import math

from hypothesis import strategies

from autodiff import PRIMITIVES, Value
from autodiff.graph import history
from tests.support.primitive_samples import SAMPLES

COUNTS = {name: {len(point) for point in points} for name, (_, points) in SAMPLES.items()}
NUMBERS = strategies.sampled_from([0.0, -0.0, 0.5, 1.0, -1.0, 2.0, -3.0]) | strategies.floats(-4.0, 4.0)
FINITE = strategies.sampled_from([0.5, 1.0, -1.0, 2.0, -3.0]) | strategies.floats(-3.0, 3.0)
SPECIAL = strategies.sampled_from(
    [0.0, -0.0, 1.0, -2.0, 5e-324, 1e-300, 1e300, -1e300, 709.0, -745.0, math.inf, -math.inf, math.nan]
)
EXTREMES = strategies.sampled_from([0.0, -0.0, math.inf, -math.inf, math.nan, 1e308, 5e-324]) | strategies.floats()


@strategies.composite
def gates(draw, most=12, names=tuple(PRIMITIVES), numbers=NUMBERS):
    """(leaves, gates): two to four leaves, and up to so many gates, each on any nodes before it and on constants."""
    leaves = [Value(draw(numbers), f"x{i}") for i in range(draw(strategies.integers(2, 4)))]
    nodes = list(leaves)
    for _ in range(draw(strategies.integers(1, most))):
        name = draw(strategies.sampled_from(names))
        count = draw(strategies.sampled_from(sorted(COUNTS[name])))
        ages = strategies.integers(0, 1) | strategies.integers(0, len(nodes) - 1)  # half of them the youngest: depth
        operands = [nodes[-1 - draw(ages)] for _ in range(count)]
        for place in range(1, count):
            if draw(strategies.integers(0, 3)) == 0:
                operands[place] = draw(numbers)
        if name == "take":
            operands[-1] = float(draw(strategies.integers(0, count - 2)))
        nodes.append(PRIMITIVES[name](*operands))
    return leaves, nodes[len(leaves) :]


def graphs(most=12, **options):
    """(leaves, output): what lies behind the youngest gate."""
    return gates(most, **options).map(lambda graph: (graph[0], graph[1][-1]))


def permuted(output, leaves, random):
    """(leaves, output) of the same graph, its gates built in any order in which operands come first."""
    twins = [Value(leaf.data, leaf.label) for leaf in leaves]
    known, waiting = dict(zip(leaves, twins)), [node for node in history(output) if node.primitive]
    while waiting:
        ready = [node for node in waiting if all(type(x) is float or x in known for x in node.operands)]
        node = random.choice(ready)
        known[node] = node.primitive(*[known[x] if type(x) is Value else x for x in node.operands])
        waiting = [other for other in waiting if other is not node]
    return twins, known[output]
