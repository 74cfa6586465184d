"""Where programs run: as Python, in arrays, in machine code, in JavaScript; ``text`` is how they are written."""
