"""Noise and loss: the experiment, its figures and its prose."""
