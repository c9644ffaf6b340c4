"""From scratch, concisely, and fast: the experiment, its figures and its prose."""
