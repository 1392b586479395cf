"""The oracle: serves an airline customer from what they say and what tools return."""

from cove_rl.speech.desk import Desk, Script


def serve(desk: Desk) -> Script:
    """Serve one customer for as long as they talk."""
    raise NotImplementedError
