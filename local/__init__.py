"""Commands that need the checkout: a whole Baton on this machine, its demo, its backup."""
