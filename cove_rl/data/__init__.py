"""Data sets of conversations: exports, imports, figures, splits, and verdicts from an export alone."""
