"""A ticket: its state, its lifecycle, and how several departments come to one reply."""
