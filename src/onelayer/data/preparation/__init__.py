"""From the columns of a table to the matrix of a model: learned from one table, the same for every other."""
