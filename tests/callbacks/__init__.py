"""Tests of onelayer.callbacks."""
