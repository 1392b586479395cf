"""Where an exception of a domain's code comes from, as a person can find it."""

import traceback
from collections.abc import Sequence
from pathlib import Path

LONGEST = 400
"""Characters of a message or a value that are shown."""


def words_of(error: BaseException, folders: Sequence[Path] = ()) -> str:
    """Return an exception as "KeyError: 'x' at library/tools.py:54 in renew_loan".

    Args:
        error: the exception, as it was caught.
        folders: where the domain's code is: the innermost line in one of them is named, else the innermost of all.
    """
    said = f"{type(error).__name__}: {shortened(str(error))}" if str(error) else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if any(Path(frame.filename).is_relative_to(folder) for folder in folders)]
    if not frames:
        return said
    frame = (own or frames)[-1]
    return f"{said} at {_shown(Path(frame.filename))}:{frame.lineno} in {frame.name}"


def raised_in(error: BaseException, function: str) -> bool:
    """Return whether an exception passed through a function of that name."""
    return any(frame.name == function for frame in traceback.extract_tb(error.__traceback__))


def shortened(text: str, limit: int = LONGEST) -> str:
    """Return text on one line, cut to a length a report can show."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[:limit]}..."


def _shown(path: Path) -> str:
    """Return a path from the working directory on, where it lies below."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
