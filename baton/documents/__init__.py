"""What people write: YAML documents, and what is wrong with them."""
