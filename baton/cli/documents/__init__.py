"""``baton rules`` and ``baton template``."""
