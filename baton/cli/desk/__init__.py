"""``baton inbox``, ``notices``, ``staff``, ``directory``, ``desk`` and ``customer``."""
