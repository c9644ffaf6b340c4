"""Linear regression on tables: least squares, robust losses, inference, files, accuracy, and whole commands."""
