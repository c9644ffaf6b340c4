"""The bundled subset of Fashion-MNIST, as a folder of four IDX files, and the program that made it."""
