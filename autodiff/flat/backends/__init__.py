"""Backends that run programs: Python, arrays, machine code, JavaScript; ``text`` writes them as functions."""
