"""What python -m nn trains (presets) and says (report)."""
