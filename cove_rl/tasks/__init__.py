"""Tasks: what one customer wants, reproducible byte for byte."""
