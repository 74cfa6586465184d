"""The contents of a picture as plain data (model), built from a Value with parts folded and gates unfolded."""
