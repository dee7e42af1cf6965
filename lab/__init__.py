"""Where Baton is measured and put under stress, and what that shares with the tests."""
