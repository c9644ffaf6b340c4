"""Overflow and underflow: the experiment, its figures and its prose."""
