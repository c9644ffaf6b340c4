"""Softmax: from scores to probabilities: the experiment, its figures and its prose."""
