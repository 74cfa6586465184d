"""Frames: a scene step by step, each one a scene of its own in which the numbers to come are missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from .model import Scene, Step


class Frame(NamedTuple):
    """The scene after one step, the ids that are lit, and the step in words: its line of the table in two lines."""

    scene: Scene
    lit: dict[str, str]
    caption: list[str]


def frames(scene: Scene) -> Iterator[Frame]:
    """Yield a frame for every step of a scene that has steps."""
    computed = {step.box: step.number for step in scene.steps if step.phase == "forward"}
    arrived = {step.arrow: step.number for step in scene.steps if step.arrow}
    for step in scene.steps:
        now, steps = step.number, scene.steps[: step.number]
        arrows, totals = [], {x.box: x.total for x in steps if x.phase == "backward"}
        for arrow in scene.arrows:
            value, gradient = computed.get(arrow.source, 0) <= now, arrived.get(arrow.id, now + 1) <= now
            known: dict[str, Any] = {"name": arrow.name, "value": arrow.value} if value else {"name": "", "value": None}
            arrows.append(replace(arrow, gradient=arrow.gradient if gradient else None, **known))
        boxes = [replace(box, gradient=totals.get(box.id)) if box.total else box for box in scene.boxes]
        first, *others = [part.strip() for part in step.text.split("   ") if part.strip()]
        caption = [f"Step {now} of {len(scene.steps)}: {first}", *["   ".join(others)] * bool(others)]
        yield Frame(replace(scene, arrows=arrows, boxes=boxes, title=step.text), lit(scene, step), caption)


def lit(scene: Scene, step: Step) -> dict[str, str]:
    """The ids that the step lights: the gate with all its arrows, or the arrow "back" and both its ends."""
    if step.phase == "forward":
        return dict.fromkeys([step.box, *[x.id for x in scene.arrows if step.box in (x.source, x.target)]], "lit")
    ends = [box for x in scene.arrows if x.id == step.arrow for box in (x.source, x.target)]
    return {**dict.fromkeys(ends, "lit"), step.arrow: "back" if step.phase == "backward" else "lit"}
