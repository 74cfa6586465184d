"""Pictures of computation graphs: scenes, layout, and the one SVG painter."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ROOMS = {  # public names whose module is imported when one of them is first used
    "plot_activation": "plots",
    "plot_cliff": "plots",
    "plot_decision_boundary": "plots",
    "plot_descent": "plots",
    "plot_gradient_sizes": "plots",
    "plot_histogram": "plots",
    "plot_losses": "plots",
    "plot_rates_and_seeds": "plots",
    "plot_success": "plots",
    "plot_success_rates": "plots",
}


def __getattr__(name: str) -> Any:
    """A public name of a room that is not imported until it is used."""
    if name not in ROOMS:
        raise AttributeError(f"module 'visualize' has no attribute {name!r}")
    found = getattr(__import__(f"{__name__}.{ROOMS[name]}", fromlist=[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *ROOMS})
