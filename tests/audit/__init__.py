"""Tests of the audit of customers."""
