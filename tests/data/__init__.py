"""Tests of onelayer.data."""
