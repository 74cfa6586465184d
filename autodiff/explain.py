"""The steps of a backward pass in words."""
