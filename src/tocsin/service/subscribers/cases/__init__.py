"""What an organisation says of rows reported to it: false positives, and what is fixed."""
