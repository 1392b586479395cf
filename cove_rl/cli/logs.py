"""Log records as one line each on stderr: time, level, logger, message, then whatever `extra` named as key=value."""

import logging
import sys
from datetime import datetime, timezone
from enum import Enum

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Level(str, Enum):
    """What is worth a log line, from much to little."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


class KeyValueFormatter(logging.Formatter):
    """Formats ``log.info("built", extra={"rows": 3})`` as ``2026-01-31T12:00:00Z info cove_rl.x built rows=3``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line, followed by the traceback if it has one."""
        time = datetime.fromtimestamp(record.created, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        words = [time, record.levelname.lower(), record.name, record.getMessage()]
        named = {key: value for key, value in vars(record).items() if key not in _STANDARD and not key.startswith("_")}
        words += [f"{key}={value}" for key, value in named.items()]  # Ray adds fields of its own, with an underscore
        line = " ".join(words)
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class StderrHandler(logging.Handler):
    """Writes to whatever `sys.stderr` is at that moment, so that a running progress bar can stay below the lines."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        try:
            sys.stderr.write(self.format(record) + "\n")
        except Exception:  # a log line must not end the program that it speaks of
            self.handleError(record)


def setup(level: Level) -> None:
    """Send the library's log records at or above `level` to stderr.

    Libraries we call stay at warnings, unless the level is debug.
    """
    handler = StderrHandler()
    handler.setFormatter(KeyValueFormatter())
    root = logging.getLogger()
    for old in [old for old in root.handlers if isinstance(old, StderrHandler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.DEBUG if level is Level.debug else logging.WARNING)
    logging.getLogger("cove_rl").setLevel(level.value.upper())
