"""A domain that cannot even be imported."""

raise RuntimeError("no such shelf")
