"""Everything that touches the outside world: decisions, writes to the help desk, messages, notices."""
