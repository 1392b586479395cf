"""Tests of the conversation's state machine."""
