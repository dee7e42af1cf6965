"""The help desk's own affairs, which are no case's: inbox, directory, presence."""
