"""What a night leaves out or holds back, and why: judgements of people and limits of rules."""
