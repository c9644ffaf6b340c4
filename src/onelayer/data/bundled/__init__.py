"""The data that come with onelayer, a part of Fashion-MNIST and house prices, and the programs that made the files."""
