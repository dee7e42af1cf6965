"""The HTTP door. Today: the codec server, which shows Temporal's UI and CLI what is encrypted."""
