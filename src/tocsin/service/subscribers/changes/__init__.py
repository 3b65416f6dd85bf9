"""Changes of a feed: said, checked against what is on file, carried out, told, taken back."""
