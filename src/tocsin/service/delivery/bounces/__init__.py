"""What comes back of what was sent: read, judged, and told to whom it concerns."""
