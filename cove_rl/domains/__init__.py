"""The domains that ship with the library, one folder each."""
