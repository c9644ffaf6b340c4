"""Tests of onelayer.data.bundled."""
