"""The HTTP door. Today: the codec server, which decrypts payloads for Temporal's UI and CLI."""
