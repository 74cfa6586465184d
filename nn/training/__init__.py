"""Training: fit (fitting), what it leaves (history), the loop and its runners, and many trainings (sweep)."""
