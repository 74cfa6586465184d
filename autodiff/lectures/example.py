"""One row of the table of lecture examples: an expression, its inputs, and what must come out."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..engine import Value

LECTURES = {
    "A": "UCR EE/CS 228, lecture 4",
    "B": "EECS 545, lecture 11",
    "C": "IFT 6289, lecture 2",
    "D": "CSCI 566, neural network basics",
    "E": "CM 146, lecture 9",
}


class Example:
    """A formula of a lecture with numbers put in and the numbers that must come out.

    Parameters
    ----------
    id : str
        The lecture's letter and the example's number; the parts of one example end in a, b, c, ...
    title : str
        What it shows.
    text : str
        The expression as statements: ``"q = x + y; f = q * z"``. The last one is the output.
    at : str
        The inputs with their numbers, as on the command line: ``"x=-2 y=5 z=-4"``.
    gives : str
        The numbers of its gates. Gates without a name on the slide are s0, s1, ..., oldest first.
    gradients : str
        d output / d each input, and d output / d some of the gates.
    note : str
        Where the slide had a slip: what stands there.

    Attributes
    ----------
    inputs, values, gradients : dict of str to float
        ``at``, ``gives`` and ``gradients``, read.
    lecture : str
        The course and the number of the lecture.

    Examples
    --------
    >>> from autodiff.lectures import find
    >>> example, = find("D1")
    >>> example.text, example.inputs, example.values["f"]
    ('q = x + y; f = q * z', {'x': -2.0, 'y': 5.0, 'z': -4.0}, -12.0)
    """

    __slots__ = ("gradients", "id", "inputs", "lecture", "note", "text", "title", "values")

    def __init__(self, id: str, title: str, text: str, at: str, gives: str, gradients: str, note: str = "") -> None:
        self.id = id
        self.title = title
        self.lecture = LECTURES[id[0]]
        self.text = text
        self.inputs = numbers(at)
        self.values = numbers(gives)
        self.gradients = numbers(gradients)
        self.note = note

    def build(self) -> Value:
        """The output, recorded anew, its inputs and gates labelled."""
        from ..parser import parse  # the table is read without it

        return parse(self.text, **self.inputs)

    def __repr__(self) -> str:
        return f"<example {self.id}: {self.title}>"


def numbers(text: str) -> dict[str, float]:
    """The numbers of ``"x=-2 y=5"`` by name."""
    pairs = [word.split("=") for word in text.split()]
    return {name: float(number) for name, number in pairs}
