"""Tests of onelayer.solvers.closed_form."""
