"""What the snapshot says, part by part: read as plain rows, since there are hundreds of thousands."""
