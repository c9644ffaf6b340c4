"""Solvers: each takes an objective and returns a Solution, telling callbacks of every epoch."""
