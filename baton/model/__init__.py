"""The model: what a case is, and what happens to it. Pure, and bound by replays.

Everything here is run again when a history is replayed: no clock, no randomness, no I/O.
"""
