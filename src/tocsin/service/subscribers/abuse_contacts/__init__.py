"""Contacts of networks that nobody asked for: where they are from, and who is told of what."""
