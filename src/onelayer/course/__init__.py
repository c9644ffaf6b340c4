"""The course: every step of linear and softmax regression, from scratch, concisely and fast, as pages that run."""
