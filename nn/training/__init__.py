"""Training: fit (fitting), its history and validation, the loop and its runners, and many trainings (sweep)."""
