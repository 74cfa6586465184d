"""The lectures' examples of nets, losses and training: what they compute, and what python -m nn C4 shows (catalog)."""
