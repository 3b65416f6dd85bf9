"""What people write, read as values: pure, without a database, a network or a clock."""
