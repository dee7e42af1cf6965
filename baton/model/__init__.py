"""The model: what a case is, and what happens to it. Pure, because replays depend on it.

Everything here runs again when a history is replayed: no clock, no randomness, no I/O.
"""
