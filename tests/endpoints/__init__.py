"""Tests of served models, and of the users they play, against a server that goes wrong on request."""
