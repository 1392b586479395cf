"""Several agents of which the task's seed chooses one; when it fails another goes on: see `cove_rl.endpoints.panel`."""

from collections.abc import Mapping, Sequence

from cove_rl.agents.agents import Agents
from cove_rl.agents.settings import EnsembleSettings
from cove_rl.endpoints.panel import Panel, Relay, Seat
from cove_rl.endpoints.spent import Spent, spent_by_all
from cove_rl.endpoints.usage import Usage
from cove_rl.episode.sides import Agent
from cove_rl.episode.trajectory import Message
from cove_rl.tasks.task import Task
from cove_rl.world.world import World


class EnsembleAgent:
    """Plays the assistant of one task with the first of some members that answers.

    Args:
        task: the task.
        world: its world.
        relay: who plays, and who takes over.
    """

    def __init__(self, task: Task, world: World, relay: Relay[Agents]) -> None:
        self._task = task
        self._world = world
        self._relay = relay
        self._agents: dict[str, Agent] = {}

    @property
    def name(self) -> str:
        """The ensemble, and which of its members plays."""
        return self._relay.name

    @property
    def spent(self) -> Spent:
        """What all members that played have used."""
        return spent_by_all(self._agents.values(), self._relay.takeovers)

    async def act(self, conversation: Sequence[Message]) -> Message:
        """Return the assistant's next message.

        Raises:
            EndpointError: if no member answers in time.
        """
        begun = any(message.role == "assistant" for message in conversation[1:])  # the first is everybody's greeting
        return await self._relay.ask(lambda seat: self._agent(seat).act(conversation), begun=begun)

    def _agent(self, seat: Seat[Agents]) -> Agent:
        if seat.name not in self._agents:
            self._agents[seat.name] = seat.member.agent(self._task, self._world)
        return self._agents[seat.name]


class EnsembleAgents:
    """Assistants played by the members of an ensemble.

    Args:
        settings: the members' weights, and when one counts as down.
        members: the agents of each member, by its name in the settings.
        seconds: how long a message may take.
    """

    takes_over = False

    def __init__(self, settings: EnsembleSettings, members: Mapping[str, Agents], seconds: float) -> None:
        weights = {name: member.weight for name, member in settings.members.items()}
        self._seconds = seconds
        self._panel = Panel(members, weights, settings.circuit)

    def agent(self, task: Task, world: World) -> Agent:
        """Return the assistant of a task; its seed says who plays, and who takes over in which order."""
        # a seed of its own: with the customers' the two ensembles would always choose alike
        order = self._panel.order(f"{task.seed}:agent")
        return EnsembleAgent(task, world, Relay(order, self._seconds))

    def usage(self) -> dict[str, Usage]:
        """Return what every member's endpoints were used for so far."""
        return self._panel.usage()
