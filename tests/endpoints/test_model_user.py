"""Customers played by a served model, in whole episodes, whatever the server does."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from cove_rl.agents.oracle import Oracle
from cove_rl.endpoints.endpoint import close_endpoints
from cove_rl.endpoints.failure import EndpointError
from cove_rl.endpoints.spent import Spent, spent_by
from cove_rl.episode.episode import STOP, run_episode
from cove_rl.episode.sides import User
from cove_rl.episode.trajectory import Message, Trajectory
from cove_rl.tasks.task import Task
from cove_rl.users.kinds import make_users, read_user
from cove_rl.users.scripted import ScriptedUser
from cove_rl.users.users import Users
from cove_rl.verify.verifier import verify
from cove_rl.world.domain import GREETING

from .actors import WORLD, act, tasks
from .server import FAULTS, Server, in_turn
from .traces import disconnected, settled

QUICK: dict[str, Any] = {"backoff": 0.01, "retries": 2}


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Nothing of one test is left for the next."""
    yield
    close_endpoints()


def endpoint(url: str, **settings: Any) -> dict[str, Any]:
    return {"kind": "openai", "endpoint": {"url": url, "model": "tiny", **QUICK, **settings}}


def users(server: Server, seconds: float = 60.0, **settings: Any) -> Users:
    return make_users(read_user(endpoint(server.url, **settings)), seconds)


async def play(task: Task, user: User) -> Trajectory:
    """Play an episode, and fail rather than hang where it does not end."""
    return await asyncio.wait_for(run_episode(task, WORLD, Oracle(task.domain, task.seed), user), 120)


def is_solved(task: Task, played: Trajectory) -> bool:
    return played.outcome.culprit is None and verify(task, WORLD, played.calls()).success


async def say(user: User, *texts: str) -> str:
    """Return what a customer answers to the last of some messages, alternately the agent's and theirs."""
    return (await user.reply([Message("user" if n % 2 else "assistant", text) for n, text in enumerate(texts)])).content


async def test_a_model_that_plays_well_is_served_as_well_as_the_scripted_user() -> None:
    with Server(act) as server:
        played = [await play(task, users(server).user(task)) for task in tasks()[:12]]
    for task, one in zip(tasks(), played, strict=False):
        assert is_solved(task, one)
        scripted = await play(task, ScriptedUser(task))
        assert [message.content for message in one.messages] == [message.content for message in scripted.messages]
        assert one.user == "openai:tiny"


async def test_the_server_is_asked_the_same_each_time_and_can_keep_what_it_read() -> None:
    with Server(act) as server:
        made = users(server)
        for _ in range(2):
            await play(tasks()[0], made.user(tasks()[0]))
        half = len(server.bodies) // 2
        assert server.bodies[:half] == server.bodies[half:]
        chats = [body["messages"] for body in server.bodies[:half]]
        for before, after in pairwise(chats):
            assert after[: len(before)] == before
        assert [one["role"] for one in chats[-1]] == ["system", *["user", "assistant"] * (half - 1), "user"]
        assert len({body["seed"] for body in server.bodies}) == half


async def test_what_it_took_is_counted() -> None:
    with Server(act, in_turn(["HTTP 500", "HTTP 500"])) as server:
        made = users(server)
        user = made.user(tasks()[0])
        played = await play(tasks()[0], user)
        calls = sum(message.role == "user" for message in played.messages)
        assert spent_by(user) == Spent(calls, 2, prompt_tokens=100 * calls, completion_tokens=10 * calls)
        (usage,) = made.usage().values()
        assert (usage.calls, usage.retries, usage.failures) == (calls, 2, {"server": 2})
    assert spent_by(ScriptedUser(tasks()[0])) == Spent()


USELESS = ["", " \n", "...", "<think>What would they say?", "<tool_call>{}</tool_call>", STOP, f"Hi. {STOP}", GREETING]


@pytest.mark.parametrize("text", USELESS)
async def test_a_reply_of_no_use_is_asked_for_again_and_then_fails(text: str) -> None:
    answers = [text, text, "I want to return something."]
    with Server(lambda body: answers[min(len(server.bodies), 3) - 1]) as server:
        user = users(server).user(tasks()[0])
        assert await say(user, GREETING) == "I want to return something."
        assert spent_by(user).useless == 2
        assert len({body["seed"] for body in server.bodies}) == 3
    with Server(lambda body: text) as server:
        with pytest.raises(EndpointError, match="3 replies were no use") as caught:
            await say(users(server).user(tasks()[0]), GREETING)
        assert caught.value.kind == "useless"


async def test_a_stop_ends_the_message_and_is_one_later_on() -> None:
    with Server(lambda body: f"Thanks, bye! {STOP}\nAgent: You are welcome.") as server:
        assert await say(users(server).user(tasks()[0]), GREETING, "Cancel it.", "Done.") == f"Thanks, bye! {STOP}"


async def test_an_agent_that_says_nothing_is_said_to() -> None:
    with Server() as server:
        await say(users(server).user(tasks()[0]), GREETING, "Hello.", " ")
        assert server.bodies[0]["messages"][-1]["content"].startswith("(")


LASTING = {
    "HTTP 429 0.01",
    "HTTP 429 3600",
    "HTTP 500",
    "HTTP 401",
    "drop",
    "cut",
    "hang",
    "no JSON",
    "endless",
    "nothing",
}


@pytest.mark.parametrize("fault", sorted(LASTING))
async def test_a_server_that_goes_on_failing_ends_the_episode_as_the_users_failure(fault: str) -> None:
    with Server(act, in_turn([""] + [fault] * 1000)) as server:
        timeout = 0.3 if fault == "hang" else 60.0
        played = await play(tasks()[0], users(server, timeout=timeout).user(tasks()[0]))
    assert (played.outcome.ending, played.outcome.culprit) == ("user_failure", "user")
    assert played.outcome.detail.startswith("EndpointError: endpoint tiny@127.0.0.1:")
    assert not played.outcome.scores


async def test_an_answer_has_its_deadline_however_many_replies_it_takes() -> None:
    with Server(lambda body: "") as server:
        user = make_users(read_user({**endpoint(server.url), "tries": 10**6}), 0.5).user(tasks()[0])
        with pytest.raises(EndpointError) as caught:
            await asyncio.wait_for(say(user, GREETING), 60)
        assert caught.value.kind == "late"


EPISODES, AT_ONCE = 120, 32
KINDS = (
    "slow",
    "HTTP 429 0.02",
    "HTTP 500",
    "HTTP 503",
    "drop",
    "cut",
    "no JSON",
    "endless",
    "hang",
    "trickle",
    "a list",
)


class Chaos:
    """One request in four goes wrong, in one of many ways."""

    def __init__(self, seed: int) -> None:
        self._rng = Random(seed)
        self.counts: Counter[str] = Counter()

    def __call__(self, number: int) -> str:
        if self._rng.random() > 0.25:
            return ""
        fault = self._rng.choice(KINDS)
        self.counts[fault] += 1
        return fault


async def at_once(made: Users, episodes: int, limit: int) -> list[tuple[Task, Trajectory]]:
    """Play so many episodes, so many of them at once."""
    numbers = iter(range(episodes))

    async def worker() -> list[tuple[Task, Trajectory]]:
        some = ((number, tasks()[number % len(tasks())]) for number in numbers)
        return [(task, await play(task, made.user(task))) for _, task in some]

    return [one for some in await asyncio.gather(*(worker() for _ in range(limit))) for one in some]


async def test_under_chaos_every_episode_ends_in_a_typed_outcome_and_nothing_is_left() -> None:
    chaos = Chaos(1)
    with Server(act, chaos) as server:
        made = users(server, seconds=20.0, timeout=2.0, retries=1, concurrency=16)
        played = await at_once(made, EPISODES, AT_ONCE)
        (usage,) = made.usage().values()
        assert set(chaos.counts) == set(KINDS)
        assert sum(usage.failures.values()) >= chaos.counts.total() - chaos.counts["slow"]
        assert len(asyncio.all_tasks()) == 1
        await settled()
        assert server.most <= 16
        await asyncio.to_thread(close_endpoints)
        await disconnected(server)
    assert len(played) == EPISODES
    for task, one in played:
        assert one.outcome.ending == "user_failure" or is_solved(task, one)
    failed = sum(one.outcome.ending == "user_failure" for _, one in played)
    assert 0 < failed < EPISODES / 2


def ensemble(servers: dict[str, str], **settings: Any) -> dict[str, Any]:
    """Return the settings of an ensemble of servers, by member."""
    members = {name: {"user": endpoint(url, retries=0, **settings)} for name, url in servers.items()}
    return {"kind": "ensemble", "members": members}


DEAD = ("closed", "hang", "HTTP 500", "HTTP 429 3600", "drop", "endless", "empty")


@pytest.mark.parametrize("way", DEAD)
async def test_with_one_of_three_endpoints_dead_no_episode_fails(way: str) -> None:
    with Server(act) as a, Server(act) as b, Server(act if way != "empty" else lambda body: "") as c:
        c.choose = lambda number: way if way in FAULTS or way.startswith("HTTP") else ""
        if way == "closed":
            c.stop()
        made = make_users(read_user(ensemble({"a": a.url, "b": b.url, "c": c.url})), 9.0 if way == "hang" else 60.0)
        played = await at_once(made, 40, 16)
        usage = made.usage()
    assert all(is_solved(task, one) for task, one in played)
    assert {one.user for _, one in played} == {"ensemble:a", "ensemble:b"}
    asked = {name.split("/")[0]: one.calls for name, one in usage.items()}
    assert 0 < asked["c"] < 60 < asked["a"]


async def test_an_endpoint_that_dies_on_the_way_takes_no_episode_with_it() -> None:
    with Server(act) as a, Server(act) as b:
        b.choose = lambda number: "drop" if number > 30 else ""
        made = make_users(read_user(ensemble({"a": a.url, "b": b.url})), 60.0)
        chosen = {made.user(task).name for task in tasks()}
        made_users = [made.user(task) for task in tasks()]
        played = await asyncio.gather(*(play(task, user) for task, user in zip(tasks(), made_users, strict=True)))
    assert chosen == {"ensemble:a", "ensemble:b"}
    assert all(is_solved(task, one) for task, one in zip(tasks(), played, strict=True))
    assert sum(spent_by(user).takeovers for user in made_users) > 0


async def test_with_all_endpoints_dead_episodes_fail_and_say_of_each_why() -> None:
    with Server(choose=lambda number: "HTTP 500") as a, Server(choose=lambda number: "drop") as b:
        made = make_users(read_user(ensemble({"a": a.url, "b": b.url})), 60.0)
        for task in tasks()[:8]:
            played = await play(task, made.user(task))
            assert played.outcome.ending == "user_failure"
            assert "a: " in played.outcome.detail
            assert "b: " in played.outcome.detail


async def test_a_scripted_member_stands_in_before_the_first_word_only() -> None:
    with Server(act, lambda number: "HTTP 500" if number else "") as server:
        members = {"a": {"user": endpoint(server.url, retries=0), "weight": 1e9}, "s": {"user": {"kind": "scripted"}}}
        made = make_users(read_user({"kind": "ensemble", "members": members, "circuit": {"failures": 1}}), 60.0)
        first, *others = [await play(task, made.user(task)) for task in tasks()[:6]]
    assert first.outcome.ending == "user_failure"
    assert {one.user for one in others} == {"ensemble:s"}
    assert all(is_solved(task, one) for task, one in zip(tasks()[1:], others, strict=False))


async def test_the_deadline_of_an_answer_leaves_time_for_every_member() -> None:
    with Server(choose=lambda number: "hang") as a, Server(choose=lambda number: "hang") as b, Server(act) as c:
        made = make_users(read_user(ensemble({"a": a.url, "b": b.url, "c": c.url}, timeout=60.0)), 6.0)
        for task in tasks()[:2]:
            assert await asyncio.wait_for(say(made.user(task), GREETING), 60)
