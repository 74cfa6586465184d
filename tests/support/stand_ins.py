"""Stand-ins for what other libraries give: as much of it as is asked for here."""


class Tensor:
    """As in PyTorch and JAX: members one by one, ``tolist``, and ``item`` where the shape is ()."""

    def __init__(self, numbers):
        self.numbers, self.dtype = numbers, "float32"
        self.shape = ()
        while isinstance(numbers, list):
            self.shape, numbers = (*self.shape, len(numbers)), numbers[0]

    def item(self):
        return self.numbers

    def tolist(self):
        return self.numbers

    def __len__(self):
        if not self.shape:
            raise TypeError("len() of a 0-d tensor")
        return len(self.numbers)

    def __iter__(self):
        if not self.shape:
            raise TypeError("iteration over a 0-d tensor")
        return map(Tensor, self.numbers)

    def __float__(self):
        return float(self.numbers)

    def __mul__(self, other):
        return NotImplemented

    __rmul__ = __add__ = __radd__ = __mul__


class Series:
    """As in pandas and polars: a column, with ``to_numpy``."""

    def __init__(self, numbers):
        self.numbers = numbers
        self.shape = (len(numbers),)

    def to_numpy(self):
        import numpy

        return numpy.array(self.numbers)

    def __len__(self):
        return len(self.numbers)

    def __iter__(self):
        return iter(self.numbers)


class Frame:
    """As in pandas (``by_name``: iteration gives the names of the columns) and polars (the columns)."""

    def __init__(self, columns, by_name):
        self.columns, self.by_name = columns, by_name
        self.shape = (len(next(iter(columns.values()))), len(columns))

    def to_numpy(self):
        import numpy

        return numpy.array(list(self.columns.values())).T

    def __len__(self):
        return self.shape[0]

    def __iter__(self):
        return iter(self.columns) if self.by_name else map(Series, self.columns.values())
