"""Tests of whoever plays the customer."""
