"""The lectures' examples of nets, vectors, training, and tables, which ``python -m nn C4`` shows (catalog)."""

from __future__ import annotations

from .depth import cliff, norms_by_depth, repeated
from .descents import by_brute_force, by_calculus, by_descent, by_random_search, descend, paths_by_batch_size
from .words import WindowModel, bag_of_words, reviews, vocabulary, windows, words_of

__all__ = [
    "WindowModel", "bag_of_words", "by_brute_force", "by_calculus", "by_descent", "by_random_search", "cliff",
    "descend", "norms_by_depth", "paths_by_batch_size", "repeated", "reviews", "vocabulary", "windows", "words_of",
]  # fmt: skip
