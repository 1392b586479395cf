"""Whether it is worth asking somebody: a circuit that opens after failures, and closes after a probe that succeeds."""

from collections.abc import Callable
from threading import Lock
from time import monotonic

from cove_rl.endpoints.settings import Circuit


class Breaker:
    """The circuit to one member of an ensemble.

    Closed, it lets every call through. After some failures in a row it opens: nobody calls. After a pause it lets one
    call through as a probe; that one's success closes it, its failure opens it for another pause.

    Args:
        settings: after how many failures it opens, and for how long.
        clock: tells seconds.
    """

    def __init__(self, settings: Circuit, clock: Callable[[], float] = monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._failures = 0
        self._until = 0.0
        self._lock = Lock()

    @property
    def is_open(self) -> bool:
        """Whether the member counts as down."""
        return self._failures >= self._settings.failures

    def admits(self) -> bool:
        """Return whether a call may be made now. If that is a probe, it must be: there is no other for a pause."""
        with self._lock:
            if not self.is_open:
                return True
            if self._clock() < self._until:
                return False
            self._until = self._clock() + self._settings.pause
            return True

    def succeeded(self) -> None:
        """Take note of a call that succeeded."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """Take note of a call that failed."""
        with self._lock:
            self._failures += 1
            if self.is_open:
                self._until = self._clock() + self._settings.pause
