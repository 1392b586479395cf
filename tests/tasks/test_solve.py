"""Every task of every domain is solved by a program that sees only messages."""

import re
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import msgspec
import pytest

from cove_rl.agents.oracle import Oracle
from cove_rl.episode.episode import STOP, Episode
from cove_rl.episode.trajectory import Message
from cove_rl.errors import CoveError
from cove_rl.synth.idle import Idling
from cove_rl.synth.tasks import solve
from cove_rl.tasks.task import Task
from cove_rl.users.scripted import ScriptedUser
from cove_rl.verify.verdict import Verdict
from cove_rl.verify.verifier import verify
from cove_rl.world.domain import GREETING, get_domain
from cove_rl.world.state import State
from cove_rl.world.world import World
from tests.airline_oracle import shelf as airline

from . import shelf as retail

IDS = {
    "retail": re.compile(r"#?W\d{7}\b|\b\d{10}\b|\b[a-z]+(?:_[a-z]+)*_\d{4,}\b|\b\d{5}\b|[\w.]+@[\w.]+\w"),
    "airline": re.compile(r"\bKIR\d{3}\b|\b[A-Z0-9]{6}\b|\b[a-z]+(?:_[a-z]+)*_\d{4,}\b|\b[A-Z]{3}\b"),
}
CONSENTS = {"yes", "yep", "go ahead", "please", "exactly"}


@pytest.fixture(params=[retail, airline], ids=["retail", "airline"])
def shelf(request: pytest.FixtureRequest) -> ModuleType:
    """A domain's tasks, drawn and solved."""
    module: ModuleType = request.param
    return module


def test_every_task_is_solved_with_a_full_score_and_nobody_to_blame(shelf: ModuleType) -> None:
    for one in shelf.sampled():
        solved = one.solved
        assert solved.verdict.score == 1.0
        assert solved.verdict.success
        assert solved.trajectory.outcome.culprit is None
        assert solved.trajectory.outcome.ending == ("transfer" if solved.task.constraints[-1].transfer else "user_stop")


def test_hardly_a_candidate_is_drawn_in_vain(shelf: ModuleType) -> None:
    assert sum(one.rejected for one in shelf.sampled()) <= 3


def test_every_kind_of_goal_is_among_them(shelf: ModuleType) -> None:
    kinds = {constraint.kind for task in shelf.tasks() for constraint in task.constraints}
    assert kinds == {str(kind.__struct_config__.tag) for kind in shelf.DOMAIN.constraints}


async def test_a_task_from_a_file_is_solved_in_the_same_words(shelf: ModuleType) -> None:
    for one in shelf.sampled()[:40]:
        assert (await solve(one.solved.task, shelf.world())).trajectory == one.solved.trajectory


async def by_hand(task: Task, world: World, agent: Oracle) -> tuple[list[Message], Verdict]:
    """Let an agent work with a toolbox and the conversation alone: no episode, no task, no world."""
    domain, state, user = get_domain(task.domain), State(world), ScriptedUser(task)
    messages = [Message("assistant", GREETING)]
    messages.append(await user.reply(messages))
    while STOP not in messages[-1].content and not transferred(messages, domain.transfer_tool):
        messages.append(await agent.act(messages))
        for call in messages[-1].calls:
            result = domain.toolbox.call(state, call)
            messages.append(Message("tool", result.content, call_id=call.id, error=result.error))
        if messages[-1].role == "assistant":
            messages.append(await user.reply(messages))
    return messages, verify(task, world, [call for message in messages for call in message.calls])


def transferred(messages: Sequence[Message], tool: str) -> bool:
    return any(call.name == tool for message in messages for call in message.calls)


async def test_the_oracle_needs_nothing_but_tools_and_the_conversation(shelf: ModuleType) -> None:
    for one in shelf.sampled()[:60]:
        task = one.solved.task
        messages, verdict = await by_hand(task, shelf.world(), Oracle(task.domain, task.seed))
        assert verdict.score == 1.0
        assert tuple(messages) == one.solved.trajectory.messages


def test_every_id_the_oracle_uses_was_said_or_returned_before(shelf: ModuleType) -> None:
    for one in shelf.sampled():
        known = ""
        for message in one.solved.trajectory.messages:
            for call in message.calls:
                used = IDS[shelf.DOMAIN.name].findall(msgspec.json.encode(call.arguments).decode())
                assert all(token in known for token in used), (call, one.solved.task.id)
            known += message.content


def test_the_oracle_writes_once_per_turn_and_only_after_a_yes(shelf: ModuleType) -> None:
    """The policies want consent for every write, and training data must show it."""
    kinds = {name: tool.kind for name, tool in shelf.DOMAIN.toolbox.tools.items()}
    for one in shelf.sampled():
        messages = one.solved.trajectory.messages
        for number, message in enumerate(messages):
            if any(kinds[call.name] == "write" for call in message.calls):
                spoken = [m for m in messages[:number] if m.role != "tool" and not m.calls]
                assert len(message.calls) == 1
                assert any(word in spoken[-1].content.lower() for word in CONSENTS)
                assert spoken[-2].content.rstrip().endswith("?")


async def test_agreeing_without_acting_is_worth_nothing(shelf: ModuleType) -> None:
    for task in shelf.tasks()[:100]:
        episode = Episode(task, shelf.world(), ScriptedUser(task))
        await episode.start()
        while episode.outcome is None:
            await episode.step(Message("assistant", "That has been done. Is there anything else?"))
        assert verify(task, shelf.world(), episode.trajectory("idle").calls()).score == 0.0


def test_reading_without_writing_is_worth_nothing(shelf: ModuleType) -> None:
    for scores in Idling()(list(shelf.tasks()[:100])):
        assert (scores.nothing, scores.reads) == (0.0, 0.0)


async def test_who_ends_the_script_is_told() -> None:
    agent = Oracle("retail", "s")
    agent._domain = _Mute()  # type: ignore[assignment]
    with pytest.raises(CoveError, match="only the customer may end"):
        await agent.act([Message("user", "Hi.")])


class _Mute:
    """A domain whose oracle has nothing to say."""

    name = "mute"

    def serve(self, desk: object) -> Any:
        return iter_nothing()


def iter_nothing() -> Any:
    return
    yield
