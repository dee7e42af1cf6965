"""What every outside help desk has in common: the shape of an adapter, and what is done by means of it."""
