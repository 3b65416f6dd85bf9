"""Outside services for tests and the demonstration, with dials for what goes wrong."""
