"""What the engine takes of the subscribers: one file, written whole."""
