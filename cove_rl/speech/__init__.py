"""What is said: wordings in both directions, and the oracle's side of a conversation as a script."""
