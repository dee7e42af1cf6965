"""Libredesk: an adapter for a help desk with live chats and mail, by its API."""
