"""Fashion-MNIST: the experiment, its figures and its prose."""
