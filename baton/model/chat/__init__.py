"""A chat: its state, its lifecycle, and who has it."""
