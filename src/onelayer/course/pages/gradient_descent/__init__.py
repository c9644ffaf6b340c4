"""Gradient descent: the experiment, its figures and its prose."""
