"""Looking through rules before they judge anything: and on a log."""
