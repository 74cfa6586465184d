"""The rows of the table of lecture examples, one file a lecture; ``autodiff.lectures`` reads them all."""
