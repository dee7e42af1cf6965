"""What touches the world: decisions (rules and directory), writes to the help desk, messages, notices."""
