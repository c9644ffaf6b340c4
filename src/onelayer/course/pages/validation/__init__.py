"""Validation and generalisation: the experiment, its figures and its prose."""
