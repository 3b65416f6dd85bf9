"""What the demonstration shows of the service: subscribers of the made-up world, and their mail."""
