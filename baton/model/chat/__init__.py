"""A chat: its state, its lifecycle, and in whose hands it is."""
