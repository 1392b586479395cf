"""Tests of tasks: drawing, reading and solving them."""
