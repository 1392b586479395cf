"""`cove play`: talk to the oracle as a customer, or be the agent of a simulated customer."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import typer

from cove_rl.cli.console import out
from cove_rl.cli.tasks import find_task
from cove_rl.cli.transcript import print_message, print_verdict
from cove_rl.episode.trajectory import Message
from cove_rl.world.call import ToolCall

if TYPE_CHECKING:
    from cove_rl.tasks.task import Task
    from cove_rl.world.domain import Domain
    from cove_rl.world.world import World

HELP = """Type what you say, or a call: /tool {"argument": "value"}. Also: /tools, /policy, /task (peek), /quit."""


class Left(Exception):  # noqa: N818  (no error: a person may leave when they like)
    """The person at the terminal has had enough."""


class Prompt:
    """Reads a person's lines, and shows what was said since they last spoke."""

    def __init__(self) -> None:
        self._shown = 0

    def show(self, conversation: Sequence[Message], *roles: str) -> None:
        """Print the new messages of these roles."""
        for message in conversation[self._shown :]:
            if message.role in roles:
                print_message(message)
        self._shown = len(conversation)

    @staticmethod
    def line(label: str) -> str:
        """Return one line the person types; the end of the input counts as Ctrl-C."""
        try:
            return out.input(f"[bold]{label}>[/] ").strip()
        except EOFError:
            raise KeyboardInterrupt from None


class PersonAgent:
    """A person at the terminal, playing the assistant."""

    name = "person"

    def __init__(self, task: "Task", domain: "Domain") -> None:
        self._task = task
        self._domain = domain
        self._prompt = Prompt()
        self._calls = 0

    async def act(self, conversation: Sequence[Message]) -> Message:
        """Return what the person says, or the call they make."""
        self._prompt.show(conversation, "user", "tool")
        while True:
            line = self._prompt.line("agent")
            if not line.startswith("/"):
                return Message("assistant", line)
            message = self._command(line[1:])
            if message is not None:
                return message

    def _command(self, line: str) -> Message | None:
        name, _, arguments = line.partition(" ")
        if name == "quit":
            raise Left("the person left")
        if name == "policy":
            out.print(self._domain.policy, markup=False)
        elif name == "tools":
            for tool in self._domain.toolbox.tools.values():
                out.print(f"/{tool.name}  {tool.signature()}", markup=False)
        elif name == "task":
            for request in self._task.requests:
                out.print(f"- {request.constraint.describe()}", markup=False)
        else:
            self._calls += 1
            return Message("assistant", calls=(ToolCall(f"call_{self._calls}", name, _parsed(arguments)),))
        return None


class PersonUser:
    """A person at the terminal, playing the customer."""

    name = "person"

    def __init__(self) -> None:
        self._prompt = Prompt()

    async def reply(self, conversation: Sequence[Message]) -> Message:
        """Return what the person says; /quit ends the conversation as ``###STOP###`` does."""
        from cove_rl.episode.episode import STOP

        self._prompt.show(conversation, "assistant", "tool")
        line = self._prompt.line("customer")
        return Message("user", STOP if line == "/quit" else line)


def play(
    role: Annotated[Literal["agent", "user"], typer.Option("--as", help="Who you are.")] = "agent",
    domain: Annotated[str, typer.Option(help="The kind of customer service.")] = "retail",
    seed: Annotated[int, typer.Option(help="Seed of the world and the task.")] = 7,
    index: Annotated[int, typer.Option(min=0, help="Which task of that seed.")] = 0,
    file: Annotated[Path | None, typer.Option("--tasks", metavar="FILE", help="Take a task from this file.")] = None,
    task_id: Annotated[str | None, typer.Option("--id", help="Which of its tasks; the first if not given.")] = None,
    user: Annotated[
        str,
        typer.Option(metavar="USER", help="The customer: a kind or a YAML file, then name.of.setting=value."),
    ] = "scripted",
    agent: Annotated[
        str,
        typer.Option(metavar="AGENT", help="Who serves you as the customer: a kind or a YAML file, likewise."),
    ] = "oracle",
) -> None:
    """Play one task at the terminal, as the agent or as the customer."""
    from cove_rl.tasks.worlds import Worlds
    from cove_rl.verify.verifier import verify
    from cove_rl.world.domain import get_domain

    task = _task(domain, seed, index) if file is None else find_task(file, task_id)
    world = Worlds().find(task.world)
    calls = asyncio.run(_play(role, task, get_domain(task.domain), world, user, agent))
    print_verdict(verify(task, world, calls))


async def _play(role: str, task: "Task", domain: "Domain", world: "World", user: str, agent: str) -> list[ToolCall]:
    from cove_rl.agents.kinds import agent_from_text, make_agents
    from cove_rl.episode.episode import run_episode
    from cove_rl.users.kinds import make_users, user_from_text

    if role == "agent":
        customer = make_users(user_from_text(user)).user(task)
        out.print(HELP, markup=False)
        trajectory = await run_episode(task, world, PersonAgent(task, domain), customer)
    else:
        server = make_agents(agent_from_text(agent)).agent(task, world)
        out.print("You want the following; say it in your own words. /quit when it has been done.", markup=False)
        for line in _story(task):
            out.print(f"- {line}", markup=False)
        trajectory = await run_episode(task, world, server, PersonUser())
    out.print(f"ended by {trajectory.outcome.ending} {trajectory.outcome.detail}".rstrip(), markup=False)
    return trajectory.calls()


def _story(task: "Task") -> Iterator[str]:
    """Yield what the customer knows: who they are, and each request with its elements as they would describe them."""
    from cove_rl.users.story import story_of

    story = story_of(task)
    yield "; ".join(story.identity)
    for wish in story.wishes:
        yield " ".join([wish.opening, *(["; ".join(wish.details)] if wish.details else [])])


def _task(domain: str, seed: int, index: int) -> "Task":
    from cove_rl.synth.tasks import Sampling
    from cove_rl.tasks.sampler import Mix
    from cove_rl.world.domain import get_domain

    (sampled,) = Sampling(get_domain(domain).world(seed).ref, seed, Mix())([index])
    return sampled.solved.task


def _parsed(arguments: str) -> "dict[str, object] | str":
    try:
        parsed = msgspec.json.decode(arguments or "{}")
    except msgspec.DecodeError:
        return arguments
    return parsed if isinstance(parsed, dict) else arguments
