"""Files of contacts, read line by line."""
