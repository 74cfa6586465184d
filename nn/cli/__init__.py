"""What python -m nn trains (presets, names) and prints (report)."""
