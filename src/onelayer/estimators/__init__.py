"""The only scikit-learn-shaped code: one estimator for each head of the layer."""
