"""The suite of classification: exact softmax regression beside its rivals; see ../README.md."""
