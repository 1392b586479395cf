"""Tests of the airline tools on a ticket office small enough to check by hand."""
