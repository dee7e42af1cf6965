"""Omnidesk: an adapter for a help desk with chats and tickets, by its public API."""
