"""``baton inbox``, ``notices``, ``staff``, ``directory`` and ``customer``."""
