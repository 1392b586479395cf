"""Who of an ensemble of agents plays, and who may take over when."""

import asyncio
from collections.abc import Sequence

import pytest

from cove_rl.agents.ensemble import EnsembleAgents
from cove_rl.agents.settings import EnsembleSettings, Member, OracleSettings
from cove_rl.endpoints.failure import EndpointError
from cove_rl.endpoints.settings import Circuit
from cove_rl.endpoints.spent import Spent, spent_by
from cove_rl.endpoints.usage import Usage
from cove_rl.episode.sides import Agent
from cove_rl.episode.trajectory import Message
from cove_rl.tasks.task import Task
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import GREETING
from cove_rl.world.world import World

from .shelf import task_of, world

OPENING = [Message("assistant", GREETING), Message("user", "Hello.")]
CALLED = [*OPENING, Message("assistant", calls=(ToolCall("1", "look", {}),)), Message("tool", "{}", call_id="1")]
SPOKEN = [*OPENING, Message("assistant", "Yes?"), Message("user", "Cancel it.")]


class Fake:
    """Agents that answer with their name, or fail."""

    def __init__(self, name: str, *, takes_over: bool = True) -> None:
        self.name = name
        self.takes_over = takes_over
        self.fails = False
        self.asked = 0
        self.spent = Spent(calls=1)

    def agent(self, task: Task, world: World) -> Agent:
        return self

    def usage(self) -> dict[str, Usage]:
        return {"endpoint": Usage(calls=self.asked)}

    async def act(self, conversation: Sequence[Message]) -> Message:
        self.asked += 1
        if self.fails:
            raise EndpointError("server", "down")
        return Message("assistant", self.name)


def ensemble(*fakes: Fake, circuit: Circuit = Circuit()) -> EnsembleAgents:  # noqa: B008
    """An ensemble of which the first plays, as good as always."""
    members = {one.name: Member(OracleSettings(), 1e9 if one is fakes[0] else 1.0) for one in fakes}
    return EnsembleAgents(EnsembleSettings(members, circuit), {one.name: one for one in fakes}, 60.0)


def made(*fakes: Fake) -> Agent:
    return ensemble(*fakes).agent(task_of("retail", 0), world("retail"))


def said(agent: Agent, conversation: Sequence[Message] = OPENING) -> str:
    return asyncio.run(agent.act(conversation)).content


@pytest.mark.parametrize("conversation", [OPENING, CALLED, SPOKEN])
def test_another_served_member_goes_on_at_any_time_and_stays(conversation: list[Message]) -> None:
    a, b = Fake("a"), Fake("b")
    agent = made(a, b)
    a.fails = True
    assert said(agent, conversation) == "b"
    a.fails = False
    assert said(agent, SPOKEN) == "b"
    assert agent.name == "ensemble:b"
    assert spent_by(agent) == Spent(calls=2, takeovers=1)


def test_a_program_stands_in_before_the_first_message_only() -> None:
    a, program = Fake("a"), Fake("program", takes_over=False)
    a.fails = True
    assert said(made(a, program), OPENING) == "program"
    for conversation in (CALLED, SPOKEN):
        with pytest.raises(EndpointError, match="a: down"):
            said(made(a, program), conversation)
    assert program.asked == 1


def test_a_program_that_plays_goes_on() -> None:
    agent = made(Fake("program", takes_over=False), Fake("b"))
    assert [said(agent, one) for one in (OPENING, CALLED, SPOKEN)] == ["program"] * 3


def test_a_member_that_is_down_is_left_alone_by_all_conversations() -> None:
    a, b = Fake("a"), Fake("b")
    a.fails = True
    agents = ensemble(a, b, circuit=Circuit(failures=2, pause=3600.0))
    for _ in range(10):
        assert said(agents.agent(task_of("retail", 0), world("retail"))) == "b"
    assert a.asked == 2
    assert {name: one.calls for name, one in agents.usage().items()} == {"a/endpoint": 2, "b/endpoint": 10}
