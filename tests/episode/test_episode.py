"""One conversation: who hears what, what ends it, and whose fault that is."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import cache

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.agents.oracle import Oracle
from cove_rl.domains.retail.records import Order, User
from cove_rl.episode.episode import STOP, Episode, Limits, run_episode
from cove_rl.episode.outcome import CULPRITS, Outcome, outcome_of
from cove_rl.episode.trajectory import Message, Trajectory
from cove_rl.tasks.sampler import Mix, draw_task
from cove_rl.tasks.task import Task
from cove_rl.users.scripted import ScriptedUser
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import GREETING, get_domain
from cove_rl.world.state import State
from cove_rl.world.world import World, WorldRef, fingerprint

DOMAIN = get_domain("retail")
TRANSFER = ToolCall("t", "transfer_to_human_agents", {"summary": "Needs a human."})


@cache
def world() -> World:
    return DOMAIN.world(4, {"users": 60, "orders": 140})


@cache
def tasks() -> tuple[Task, ...]:
    drawn = (draw_task(DOMAIN, world(), 1, index, 0, Mix()) for index in range(150))
    return tuple(task for task in drawn if task is not None)


class Recorder:
    """A customer with a list of answers (the last one for ever) that keeps what it was shown."""

    name = "recorder"

    def __init__(self, answers: Sequence[str | BaseException] = ("Okay.",)) -> None:
        self.answers = answers
        self.shown: list[list[Message]] = []

    async def reply(self, conversation: Sequence[Message]) -> Message:
        answer = self.answers[min(len(self.shown), len(self.answers) - 1)]
        self.shown.append(list(conversation))
        if isinstance(answer, BaseException):
            raise answer
        return Message("user", answer)


class Script:
    """An agent with a list of messages, the last one for ever."""

    name = "script"

    def __init__(self, messages: Sequence[Message | BaseException]) -> None:
        self.messages = messages
        self.turn = 0

    async def act(self, conversation: Sequence[Message]) -> Message:
        message = self.messages[min(self.turn, len(self.messages) - 1)]
        self.turn += 1
        if isinstance(message, BaseException):
            raise message
        return message


def says(text: str) -> Message:
    return Message("assistant", text)


def calls(*made: ToolCall, text: str = "") -> Message:
    return Message("assistant", text, calls=made)


def order_id(number: int = 0) -> str:
    return list(world().rows(Order))[number]


def look(number: int = 0) -> ToolCall:
    return ToolCall(f"look_{number}", "get_order_details", {"order_id": order_id(number)})


def move(user_id: str, street: str) -> ToolCall:
    rest = {"address2": "", "city": "Troy", "state": "NY", "country": "USA", "zip": "12180"}
    return ToolCall("move", "modify_user_address", {"user_id": user_id, "address1": street, **rest})


async def begun(user: Recorder, limits: Limits | None = None) -> Episode:
    episode = Episode(tasks()[0], world(), user, limits)
    await episode.start()
    return episode


async def test_the_agents_side_greets_first() -> None:
    user = Recorder(["I have a problem."])
    episode = Episode(tasks()[0], world(), user)
    first = await episode.start()
    assert first == (Message("assistant", GREETING), Message("user", "I have a problem."))
    assert user.shown == [[Message("assistant", GREETING)]]
    assert episode.outcome is None


async def test_several_calls_in_a_turn_are_answered_in_order_without_the_customer() -> None:
    user = Recorder()
    episode = await begun(user)
    seen = await episode.step(calls(*map(look, range(4))))
    assert [(one.role, one.call_id, one.error) for one in seen] == [("tool", f"look_{n}", False) for n in range(4)]
    assert [msgspec.json.decode(one.content)["order_id"] for one in seen] == [order_id(n) for n in range(4)]
    assert len(user.shown) == 1


MALFORMED: list[ToolCall] = [
    ToolCall("1", "get_order_details", '{"order_id": '),
    ToolCall("1", "get_order_details", {}),
    ToolCall("1", "get_order_details", {"order_id": 7}),
    ToolCall("1", "get_order_details", {"order_id": "#W0000000", "extra": True}),
    ToolCall("1", "no_such_tool", {}),
    ToolCall("1", "", ""),
    ToolCall("1", "get_user_details", {"user_id": None}),
    ToolCall("1", "get_user_details", {"user_id": "a"}, requestor="user"),
    ToolCall("1", "calculate", {"expression": "(" * 5000}),
]


@pytest.mark.parametrize("call", MALFORMED)
async def test_a_malformed_call_is_answered_and_the_conversation_goes_on(call: ToolCall) -> None:
    episode = await begun(Recorder())
    (answer,) = await episode.step(calls(call))
    assert answer.role == "tool"
    assert answer.error
    assert answer.call_id == "1"
    assert answer.content.startswith("Error: ")
    assert episode.outcome is None
    assert not episode.state.diff()


async def test_only_what_is_spoken_reaches_the_customer() -> None:
    user = Recorder(["First.", "Second.", "Third."])
    episode = await begun(user)
    await episode.step(calls(look(), text="The customer lies, I think."))
    await episode.step(says("How odd."))
    await episode.step(calls(look(1)))
    await episode.step(says(""))
    assert user.shown[-1] == [
        Message("assistant", GREETING),
        Message("user", "First."),
        says("How odd."),
        Message("user", "Second."),
        says(""),
    ]
    assert "The customer lies, I think." in [message.content for message in episode.messages]


@pytest.mark.parametrize(
    ("limits", "user_turns", "agent_turns", "ending"),
    [
        (None, 32, 32, "max_user_turns"),
        (Limits(user_turns=5), 5, 5, "max_user_turns"),
        (Limits(agent_turns=7), 8, 7, "max_agent_turns"),
        (Limits(user_turns=1, agent_turns=1), 1, 1, "max_user_turns"),
    ],
)
async def test_an_agent_that_only_talks_runs_into_a_limit(
    limits: Limits | None, user_turns: int, agent_turns: int, ending: str
) -> None:
    trajectory = await run_episode(tasks()[0], world(), Script([says("Hm.")]), Recorder(), limits)
    roles = [message.role for message in trajectory.messages]
    assert (roles.count("user"), roles.count("assistant") - 1) == (user_turns, agent_turns)
    assert (trajectory.outcome.ending, trajectory.outcome.culprit) == (ending, "agent")
    assert trajectory.outcome.scores


@pytest.mark.parametrize(("limits", "turns"), [(None, 40), (Limits(agent_turns=3), 3)])
async def test_an_agent_that_only_calls_runs_into_a_limit(limits: Limits | None, turns: int) -> None:
    user = Recorder()
    trajectory = await run_episode(tasks()[0], world(), Script([calls(look(), look(1))]), user, limits)
    assert len(trajectory.calls()) == 2 * turns
    assert (trajectory.outcome.ending, trajectory.outcome.culprit) == ("max_agent_turns", "agent")
    assert trajectory.messages[-1].role == "tool", "the last call still counts"
    assert len(user.shown) == 1


async def test_a_customer_may_say_goodbye_in_the_last_turn_there_is() -> None:
    limits = Limits(user_turns=2, agent_turns=1)
    trajectory = await run_episode(
        tasks()[0], world(), Script([says("Hm.")]), Recorder(["Hi.", f"Bye. {STOP}"]), limits
    )
    assert trajectory.outcome == outcome_of("user_stop")


async def test_a_customer_may_hang_up_at_once() -> None:
    episode = await begun(Recorder([STOP]))
    assert episode.outcome == outcome_of("user_stop")
    with pytest.raises(RuntimeError, match="over"):
        await episode.step(says("Wait!"))


async def test_a_transfer_ends_it_and_later_calls_of_the_message_are_not_run() -> None:
    episode = await begun(Recorder())
    user_id = next(iter(world().rows(User)))
    before, after = move(user_id, "1 Mill Lane"), move(user_id, "2 Hill Road")
    seen = await episode.step(calls(before, TRANSFER, after, look()))
    assert episode.outcome == outcome_of("transfer")
    assert [one.error for one in seen] == [False, False, True, True]
    (change,) = episode.state.diff()
    assert isinstance(change.after, User)
    assert change.after.address.address1 == "1 Mill Lane"
    with pytest.raises(RuntimeError):
        await episode.step(says("Are you still there?"))


async def test_a_transfer_that_fails_ends_nothing() -> None:
    episode = await begun(Recorder())
    await episode.step(calls(ToolCall("t", TRANSFER.name, {"reason": "?"})))
    assert episode.outcome is None


@pytest.mark.parametrize(
    "answers", [[ValueError("no model")], ["Hi.", TimeoutError("slow")], ["Hi.", "Hm.", KeyError()]]
)
async def test_a_customer_that_breaks_down_is_not_the_agents_failure(answers: list[str | BaseException]) -> None:
    trajectory = await run_episode(tasks()[0], world(), Script([says("Hm.")]), Recorder(answers))
    outcome = trajectory.outcome
    assert (outcome.ending, outcome.culprit, outcome.scores) == ("user_failure", "user", False)
    assert type(answers[-1]).__name__ in outcome.detail


async def test_an_agents_machine_that_breaks_down_is_not_the_agents_failure() -> None:
    agent = Script([says("Hm."), ConnectionError("gone")])
    outcome = (await run_episode(tasks()[0], world(), agent, Recorder())).outcome
    assert (outcome.ending, outcome.culprit, outcome.scores) == ("agent_failure", "infrastructure", False)
    assert outcome.detail == "ConnectionError: gone"


async def test_a_defect_of_a_tool_is_not_the_agents_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(state: State, order_id: str) -> str:
        state.put("x", world().rows(User)[next(iter(world().rows(User)))])
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(DOMAIN.toolbox.tools["get_order_details"], "function", broken)
    episode = await begun(Recorder())
    await episode.step(calls(look(), look(1)))
    assert episode.outcome is not None
    assert (episode.outcome.ending, episode.outcome.culprit) == ("tool_failure", "tool")
    assert not episode.outcome.scores
    assert episode.outcome.detail == "get_order_details: ZeroDivisionError: a defect"
    assert not episode.state.diff()


class Slow(Recorder):
    """A customer that takes for ever from its second answer on."""

    async def reply(self, conversation: Sequence[Message]) -> Message:
        if self.shown:
            await asyncio.Event().wait()
        return await super().reply(conversation)


async def test_a_cancelled_episode_is_interrupted_and_says_so() -> None:
    episode = await begun(Slow())
    step = asyncio.ensure_future(episode.step(says("Hm.")))
    await asyncio.sleep(0)
    step.cancel()
    with pytest.raises(asyncio.CancelledError):
        await step
    assert episode.outcome is not None
    assert episode.outcome.ending == "interrupted"
    assert not episode.trajectory("script").outcome.scores


async def test_an_unfinished_episode_is_on_record_as_interrupted() -> None:
    episode = await begun(Recorder())
    assert episode.trajectory("script").outcome.ending == "interrupted"
    assert episode.outcome is None


async def test_the_first_reason_to_end_counts() -> None:
    episode = await begun(Recorder([STOP]))
    episode.fail("agent_failure", "too late")
    assert episode.outcome == outcome_of("user_stop")


async def test_it_cannot_be_continued_before_it_begins() -> None:
    episode = Episode(tasks()[0], world(), Recorder())
    with pytest.raises(RuntimeError, match="not been started"):
        await episode.step(says("Hello?"))


def test_only_agents_own_failures_and_proper_ends_score() -> None:
    scoring = {ending for ending in CULPRITS if outcome_of(ending).scores}
    assert scoring >= {"user_stop", "transfer", "max_user_turns", "max_agent_turns"}
    assert not scoring & {"user_failure", "agent_failure", "tool_failure", "interrupted"}


async def test_a_thousand_episodes_share_one_world_and_nothing_else() -> None:
    """Every task 25 times, all under way at once: each run is the run it would have been alone."""
    before = fingerprint(world().tables)
    chosen = tasks()[:40]
    alone = [await run_episode(task, world(), Oracle("retail", task.seed), ScriptedUser(task)) for task in chosen]
    crowd = await asyncio.gather(
        *(run_episode(task, world(), Oracle("retail", task.seed), Paced(task)) for _ in range(25) for task in chosen)
    )
    assert len(crowd) == 1000
    assert [[*one.messages] for one in crowd] == [[*one.messages] for one in alone] * 25
    assert fingerprint(world().tables) == before


class Paced(ScriptedUser):
    """A scripted customer that lets all others have a turn before it answers."""

    async def reply(self, conversation: Sequence[Message]) -> Message:
        await asyncio.sleep(0)
        return await super().reply(conversation)


async def test_two_episodes_do_not_see_each_others_writes() -> None:
    user_id = next(iter(world().rows(User)))
    one, other = await begun(Recorder()), await begun(Recorder())
    await one.step(calls(move(user_id, "1 Mill Lane")))
    (seen,) = await other.step(calls(ToolCall("p", "get_user_details", {"user_id": user_id})))
    assert msgspec.json.decode(seen.content)["address"]["address1"] == world().rows(User)[user_id].address.address1
    assert one.state.diff()
    assert not other.state.diff()


async def test_a_trajectory_is_the_same_after_a_trip_through_json() -> None:
    for task in tasks()[:30]:
        trajectory = await run_episode(task, world(), Oracle("retail", task.seed), ScriptedUser(task))
        assert msgspec.json.decode(msgspec.json.encode(trajectory), type=Trajectory) == trajectory
        assert trajectory.task_id == task.id
        assert trajectory.world == world().ref
        assert (trajectory.agent, trajectory.user) == ("oracle", "scripted")


JSON: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
CALLS = st.builds(ToolCall, st.text(), st.text(), st.text() | st.dictionaries(st.text(), JSON, max_size=3))
MESSAGES = st.builds(
    Message,
    st.sampled_from(["assistant", "user", "tool"]),
    st.text(),
    st.lists(CALLS, max_size=2).map(tuple),
    st.text(),
    st.booleans(),
)
TRAJECTORIES = st.builds(
    Trajectory,
    st.text(),
    st.just(WorldRef("retail", "0" * 16, 7, {"users": 3})),
    st.text(),
    st.text(),
    st.lists(MESSAGES, max_size=4).map(tuple),
    st.builds(Outcome, st.sampled_from(sorted(CULPRITS)), st.none() | st.just("agent"), st.text()),
    st.none() | st.floats(0, 1e6),
)


@given(TRAJECTORIES)
def test_any_trajectory_is_the_same_after_a_trip_through_json(trajectory: Trajectory) -> None:
    assert msgspec.json.decode(msgspec.json.encode(trajectory), type=Trajectory) == trajectory


@given(st.lists(st.sampled_from(["", "talk", "look", "broken", "move", "transfer"]), max_size=45))
def test_whatever_an_agent_does_every_call_is_answered_once_and_in_order(kinds: list[str]) -> None:
    user_id = next(iter(world().rows(User)))
    made: dict[str, Callable[[str], Message]] = {
        "": lambda _: says(""),
        "talk": lambda _: says("Is there anything else?"),
        "look": lambda key: calls(renamed(look(), f"{key}a"), renamed(look(1), f"{key}b"), text="Hm."),
        "broken": lambda key: calls(renamed(MALFORMED[0], key)),
        "move": lambda key: calls(renamed(move(user_id, f"{key} Mill Lane"), key)),
        "transfer": lambda key: calls(renamed(TRANSFER, key), renamed(look(), f"{key}z")),
    }
    messages = [made[kind](str(number)) for number, kind in enumerate(kinds)]
    episode = asyncio.run(played(messages))
    asked = [call.id for message in episode.messages for call in message.calls]
    assert [message.call_id for message in episode.messages if message.role == "tool"] == asked
    roles = [message.role for message in episode.messages]
    assert roles.count("user") <= 32
    assert roles.count("assistant") <= 41
    assert (episode.outcome is not None) == (len(messages) > roles.count("assistant") - 1 or ended(episode))


def renamed(call: ToolCall, key: str) -> ToolCall:
    return ToolCall(key, call.name, call.arguments)


def ended(episode: Episode) -> bool:
    """Whether there is a reason for the episode to be over."""
    roles = [message.role for message in episode.messages]
    transferred = any(call.name == TRANSFER.name for message in episode.messages for call in message.calls)
    return transferred or roles.count("assistant") >= 41 or STOP in "".join(m.content for m in episode.messages)


async def played(messages: Iterable[Message]) -> Episode:
    episode = Episode(tasks()[0], world(), ScriptedUser(tasks()[0]))
    await episode.start()
    for message in messages:
        if episode.outcome is not None:
            break
        await episode.step(message)
    return episode
