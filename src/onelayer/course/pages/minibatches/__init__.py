"""Minibatches: the experiment, its figures and its prose."""
