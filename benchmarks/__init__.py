"""What onelayer's speed, memory and accuracy are, beside its rivals; see README.md."""
