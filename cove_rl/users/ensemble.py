"""Several users of which the task's seed chooses one; when it fails another goes on: see `cove_rl.endpoints.panel`."""

from collections.abc import Mapping, Sequence

from cove_rl.endpoints.panel import Panel, Relay, Seat
from cove_rl.endpoints.spent import Spent, spent_by_all
from cove_rl.endpoints.usage import Usage
from cove_rl.episode.sides import User
from cove_rl.episode.trajectory import Message
from cove_rl.tasks.task import Task
from cove_rl.users.settings import EnsembleSettings
from cove_rl.users.users import Users


class EnsembleUser:
    """Plays the customer of one task with the first of some members that answers.

    Args:
        task: the task.
        relay: who plays, and who takes over.
    """

    def __init__(self, task: Task, relay: Relay[Users]) -> None:
        self._task = task
        self._relay = relay
        self._users: dict[str, User] = {}

    @property
    def name(self) -> str:
        """The ensemble, and which of its members plays."""
        return self._relay.name

    @property
    def spent(self) -> Spent:
        """What all members that played have used."""
        return spent_by_all(self._users.values(), self._relay.takeovers)

    async def reply(self, conversation: Sequence[Message]) -> Message:
        """Return the customer's next message.

        Raises:
            EndpointError: if no member answers in time.
        """
        begun = any(message.role == "user" for message in conversation)
        return await self._relay.ask(lambda seat: self._user(seat).reply(conversation), begun=begun)

    def _user(self, seat: Seat[Users]) -> User:
        if seat.name not in self._users:
            self._users[seat.name] = seat.member.user(self._task)
        return self._users[seat.name]


class EnsembleUsers:
    """Customers played by the members of an ensemble.

    Args:
        settings: the members' weights, and when one counts as down.
        members: the users of each member, by its name in the settings.
        seconds: how long an answer may take.
    """

    takes_over = False

    def __init__(self, settings: EnsembleSettings, members: Mapping[str, Users], seconds: float) -> None:
        weights = {name: member.weight for name, member in settings.members.items()}
        self._seconds = seconds
        self._panel = Panel(members, weights, settings.circuit)

    def user(self, task: Task) -> User:
        """Return the customer of a task; its seed says who plays, and who takes over in which order."""
        return EnsembleUser(task, Relay(self._panel.order(task.seed), self._seconds))

    def usage(self) -> dict[str, Usage]:
        """Return what every member's endpoints were used for so far."""
        return self._panel.usage()
