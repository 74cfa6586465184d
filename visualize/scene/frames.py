"""Frames: a scene step by step, each one a scene of its own in which the numbers to come are missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .model import Arrow, Box, Scene, Step


@dataclass
class Frame:
    """The scene after one step, the ids that are lit, and the step in words."""

    scene: Scene
    step: Step
    lit: dict[str, str]
    caption: list[str]


def frames(scene: Scene) -> Iterator[Frame]:
    """Yield a frame for every step of a scene that has steps."""
    computed = {step.box: step.number for step in scene.steps if step.phase == "forward"}
    arrived = {step.arrow: step.number for step in scene.steps if step.arrow}
    for step in scene.steps:
        now = step.number
        arrows = [seen(arrow, computed.get(arrow.source, 0) <= now, arrived.get(arrow.id, now + 1) <= now)
                  for arrow in scene.arrows]  # fmt: skip
        boxes = [so_far(box, scene.steps[:now]) for box in scene.boxes]
        yield Frame(
            replace(scene, arrows=arrows, boxes=boxes, title=step.text), step, lit(scene, step), caption(scene, step)
        )


def seen(arrow: Arrow, value: bool, gradient: bool) -> Arrow:
    """The arrow without the numbers that are not known yet."""
    return replace(
        arrow,
        name=arrow.name if value else "",
        value=arrow.value if value else None,
        gradient=arrow.gradient if gradient else None,
    )


def so_far(box: Box, steps: list[Step]) -> Box:
    """The box with the gradient that has arrived by now."""
    if not box.total:
        return box
    totals = [step.total for step in steps if step.box == box.id and step.phase == "backward"]
    return replace(box, gradient=totals[-1] if totals else None)


def lit(scene: Scene, step: Step) -> dict[str, str]:
    """What the step is about, as the page lights it: ids, and whether they are "lit" or a way "back".

    It is the gate that computes with all its arrows, or the arrow back and what is at both ends.
    """
    if step.phase == "forward":
        return dict.fromkeys([step.box, *[x.id for x in scene.arrows if step.box in (x.source, x.target)]], "lit")
    ends = [box for x in scene.arrows if x.id == step.arrow for box in (x.source, x.target)]
    return {**dict.fromkeys(ends, "lit"), step.arrow: "back" if step.phase == "backward" else "lit"}


def caption(scene: Scene, step: Step) -> list[str]:
    """The step's line of the table in two lines."""
    first, *others = [part for part in step.text.split("   ") if part.strip()]
    rest = "   ".join([part.strip() for part in others])
    return [f"Step {step.number} of {len(scene.steps)}: {first.strip()}", *[rest] * bool(rest)]
