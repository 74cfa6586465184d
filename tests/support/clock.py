"""How long something takes, whatever else the machine and the other tests are doing."""

import gc
from time import process_time


class Clock:
    """``with Clock() as clock: work()``; then ``clock.seconds`` is the CPU time of this process.

    What thousands of tests keep alive is not looked through by the garbage collector meanwhile.
    """

    def __enter__(self):
        gc.freeze()
        self._start = process_time()
        return self

    def __exit__(self, *_):
        self.seconds = process_time() - self._start
        gc.unfreeze()
