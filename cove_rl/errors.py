"""What can go wrong, and who is told.

One exception type per boundary. Every message says what was wrong, what was expected and, where it is not obvious,
what to do about it. A tool that refuses a call raises `ToolError`, which the agent reads and can act on; it never
ends an episode. Everything else is for the person who runs the library: the command line prints the message alone
and exits with status 1, and nothing has been written by then.

A failure that is not the agent's own is never turned into a score of zero: see `cove_rl.episode.outcome`.
"""


class CoveError(Exception):
    """Base of every error this library raises on purpose."""


class InputError(CoveError):
    """A file or an argument given by a person is unusable; the message names the place in it."""


class DomainError(CoveError):
    """A domain is unknown, or its definition breaks a rule of `docs/architecture.md`."""


class SamplingError(CoveError):
    """A world does not allow what was asked of the sampler."""


class ToolError(CoveError):
    """A tool refuses a call; the message is what the agent reads. The state is as it was before the call."""


def quote(text: str, limit: int = 60) -> str:
    """Return text from a call in quotes, cut so that an error never repeats a giant argument."""
    return f"'{text}'" if len(text) <= limit else f"'{text[:limit]}...'"
