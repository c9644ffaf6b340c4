"""Calibration: does 80 % mean 80 %?: the experiment, its figures and its prose."""
