"""The kinds of files the viewer reads: how a line of each becomes a row of the list, and a conversation."""
