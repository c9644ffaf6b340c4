"""The linear model: the experiment, its figures and its prose."""
