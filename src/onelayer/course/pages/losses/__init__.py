"""Loss functions: the experiment, its figures and its prose."""
