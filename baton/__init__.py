"""Baton keeps every support case in exactly one pair of hands."""

__version__ = "0.1.0"
