"""``baton chat`` and ``baton ticket``."""
