"""Cross-entropy: the experiment, its figures and its prose."""
