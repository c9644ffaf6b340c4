"""The analytic solution: the experiment, its figures and its prose."""
