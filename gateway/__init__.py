"""The HTTP door: the API for programs, and the codec server for Temporal's UI and CLI."""
