"""Tiny neural networks from Values, seen one example at a time."""
