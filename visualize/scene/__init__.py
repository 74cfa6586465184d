"""What a picture shows, as plain data (model): built from a Value, parts folded and gates unfolded."""
