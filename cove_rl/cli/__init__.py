"""The command line, `cove`: a thin layer that parses, calls the library and prints."""
