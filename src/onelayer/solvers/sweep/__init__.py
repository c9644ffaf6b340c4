"""The sweep: candidates that differ in rate, penalty, momentum or schedule are trained side by side, rows read once.

``wide_loop``  the layers of all candidates beside each other in one compiled loop, and each as a ``Loop`` of its own
``order``      rows of a minibatch in an order in which alike ones lie together
``together``   the candidates of one group, epoch by epoch
``halving``    which candidates are worth going on with
"""
