"""Which report type an event belongs to."""
