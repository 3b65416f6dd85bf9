"""Requests for reports: asked, seen beside what is known, decided, and founded."""
