"""What python -m nn trains (presets, tables, names) and prints (report)."""
