"""Measurements and stress tests of Baton, and the helpers that they share with the tests."""
