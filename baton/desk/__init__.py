"""The help desk's own affairs, which belong to no case: inbox, directory, presence."""
