"""Pages: a lesson as data, the document around it, and the playground; the scripts make them live."""
