"""The program ``dot`` of Graphviz in place of our own order and heights: columns out, heights back."""

from __future__ import annotations

from .sugiyama import Grid

PATIENCE = 10.0  # seconds; dot takes less than one
INCH = 72.0  # dot measures sizes in inches and positions in points; a point is our pixel


def heights_by_dot(grid: Grid, gap: float) -> list[float]:
    """The y of every item, as ``dot`` places them; FileNotFoundError if it is missing, OSError if it fails."""
    import json
    import shutil
    import subprocess

    if not shutil.which("dot"):
        raise FileNotFoundError('no program dot on the PATH: install Graphviz, or take layout="built-in"')
    try:
        text = source(grid, gap).encode()
        done = subprocess.run(["dot", "-Tjson0"], input=text, capture_output=True, timeout=PATIENCE)
        if done.returncode:
            raise OSError(f"exit status {done.returncode} {done.stderr.decode(errors='replace').strip():.200}".strip())
        found = {x["name"]: -float(x["pos"].split(",")[1]) for x in json.loads(done.stdout)["objects"] if "pos" in x}
        y = [found[f"b{i}"] for i in range(len(grid.rank))]
        if any(height - height for height in y):
            raise ValueError("no finite heights")
        return y
    except (OSError, subprocess.TimeoutExpired, LookupError, TypeError, ValueError) as error:
        late, said = isinstance(error, subprocess.TimeoutExpired), isinstance(error, OSError)
        what = f"no answer in {PATIENCE:g} seconds" if late else error if said else "what it answers is no layout"
        raise OSError(f'the program dot was found but failed: {what}; take layout="built-in"') from None


def source(grid: Grid, gap: float) -> str:
    """Boxes without text, a rank for each column, and lines, for ``dot``; half of the gap belongs to the boxes."""
    lines = [f"digraph {{ graph [rankdir=LR, ordering=in, nodesep={gap / 2 / INCH:.3f}]"]
    lines += ['node [shape=box, fixedsize=true, label=""]']
    for column in grid.columns:
        boxes = []
        for i in column:
            _, right, up, down = grid.extents[i]
            boxes.append(f"b{i} [height={(2 * max(up, down) + gap / 2 * bool(right)) / INCH:.3f}]")
        lines.append(f"{{ rank=same; {'; '.join(boxes)} }}")
    for i, before in enumerate(grid.before):
        lines += [f"b{neighbor} -> b{i} [weight={weight:g}]" for neighbor, _, weight in before]
    return "\n".join([*lines, "}"])
