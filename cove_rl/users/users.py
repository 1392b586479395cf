"""The users of a run, as everything that plays episodes sees them."""

from typing import Protocol

from cove_rl.endpoints.usage import Usage
from cove_rl.episode.sides import User
from cove_rl.tasks.task import Task


class Users(Protocol):
    """Makes the customer of each task, and owns what the customers share."""

    @property
    def takes_over(self) -> bool:
        """Whether a user it makes can go on with a conversation that another one began."""
        ...

    def user(self, task: Task) -> User:
        """Return the customer of a task."""
        ...

    def usage(self) -> dict[str, Usage]:
        """Return what was used so far, by endpoint; empty where no model is asked."""
        ...
