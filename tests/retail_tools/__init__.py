"""Tests of the retail tools on a shop small enough to check by hand."""
