"""A real Temporal cluster of plain processes on this machine, with Baton on it."""
