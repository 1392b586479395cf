"""Tests of the verifier, its mutation test and `cove verify`."""
