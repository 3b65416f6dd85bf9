"""/api/v1: what an organisation's programs ask for, and say, with a key of theirs."""
