"""What the snapshot says, part by part; of plain rows, since there are hundreds of thousands."""
