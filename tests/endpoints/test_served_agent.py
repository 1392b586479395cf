"""Assistants played by a served model, in whole episodes, whatever the server does."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from cove_rl.agents.agents import Agents
from cove_rl.agents.kinds import make_agents, read_agent
from cove_rl.agents.oracle import Oracle
from cove_rl.endpoints.endpoint import close_endpoints
from cove_rl.endpoints.failure import EndpointError
from cove_rl.endpoints.spent import Spent, spent_by
from cove_rl.episode.chat import UNREADABLE
from cove_rl.episode.episode import STOP, run_episode
from cove_rl.episode.sides import Agent
from cove_rl.episode.trajectory import Message, Trajectory
from cove_rl.synth.tasks import Sampling
from cove_rl.tasks.sampler import Mix
from cove_rl.tasks.task import Task
from cove_rl.users.scripted import ScriptedUser
from cove_rl.verify.verifier import verify
from cove_rl.world.domain import GREETING, get_domain
from cove_rl.world.world import World

from .actors import WORLD, serve, tasks
from .server import Body, Server, call, completion, in_turn
from .traces import settled

QUICK: dict[str, Any] = {"backoff": 0.01, "retries": 2}
OPENING = [Message("assistant", GREETING), Message("user", "Cancel my order.")]


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Nothing of one test is left for the next."""
    yield
    close_endpoints()


def endpoint(url: str, **settings: Any) -> dict[str, Any]:
    return {"kind": "openai", "endpoint": {"url": url, "model": "tiny", **QUICK, **settings}}


def agents(server: Server, seconds: float = 60.0, **settings: Any) -> Agents:
    return make_agents(read_agent(endpoint(server.url, **settings)), seconds)


async def play(task: Task, agent: Agent, world: World = WORLD) -> Trajectory:
    """Play an episode, and fail rather than hang where it does not end."""
    return await asyncio.wait_for(run_episode(task, world, agent, ScriptedUser(task)), 120)


async def act(server: Server, messages: Sequence[Message] = OPENING, **settings: Any) -> Message:
    """Return what a new agent says next."""
    return await asyncio.wait_for(agents(server, **settings).agent(tasks()[0], WORLD).act(messages), 60)


def is_solved(task: Task, played: Trajectory, world: World = WORLD) -> bool:
    return played.outcome.culprit is None and verify(task, world, played.calls()).score == 1.0


@pytest.mark.parametrize("domain", ["retail", "airline"])
async def test_a_served_model_that_plays_well_solves_every_task(domain: str) -> None:
    world = WORLD if domain == "retail" else get_domain(domain).world(7)
    solved = [one.solved for one in Sampling(world.ref, 9, Mix())(list(range(25)))]
    with Server(serve) as server:
        made = agents(server)
        played = await asyncio.gather(*(play(one.task, made.agent(one.task, world), world) for one in solved))
    for one, trajectory in zip(solved, played, strict=True):
        assert is_solved(one.task, trajectory, world)
        assert trajectory.agent == "openai:tiny"
        ids = [call.id for call in trajectory.calls()]
        assert len(set(ids)) == len(ids)


async def test_it_says_and_calls_word_for_word_what_the_model_does() -> None:
    with Server(serve) as server:
        for task in tasks()[:6]:
            served = await play(task, agents(server).agent(task, WORLD))
            plain = await play(task, Oracle(task.domain, "served"))
            assert served.messages == plain.messages


async def test_the_server_is_asked_the_same_each_time_and_can_keep_what_it_read() -> None:
    with Server(serve) as server:
        for _ in range(2):
            played = await play(tasks()[0], agents(server).agent(tasks()[0], WORLD))
    half = len(server.bodies) // 2
    assert server.bodies[:half] == server.bodies[half:]
    chats = [body["messages"] for body in server.bodies[:half]]
    for before, after in pairwise(chats):
        assert after[: len(before)] == before
    policy, greeting, first = chats[0]
    assert policy == {"role": "system", "content": get_domain("retail").policy}
    assert greeting == {"role": "assistant", "content": GREETING}
    assert first == {"role": "user", "content": played.messages[1].content}
    assert len({body["seed"] for body in server.bodies}) == half


async def test_what_it_took_is_counted() -> None:
    with Server(serve, in_turn(["HTTP 500", "HTTP 429 0.01"])) as server:
        made = agents(server)
        agent = made.agent(tasks()[0], WORLD)
        played = await play(tasks()[0], agent)
        turns = sum(message.role == "assistant" for message in played.messages) - 1
        assert spent_by(agent) == Spent(turns, 2, prompt_tokens=100 * turns, completion_tokens=10 * turns)
        (usage,) = made.usage().values()
        assert (usage.calls, usage.retries, usage.failures) == (turns, 2, {"busy": 1, "server": 1})
    assert spent_by(Oracle("retail", "1")) == Spent()


async def test_two_calls_in_one_turn_stay_two() -> None:
    both = {"content": "One moment.", "tool_calls": [call("look", '{"a": 1}', "x"), call("see", '{"b": 2}', "y")]}
    with Server(lambda body: both) as server:
        message = await act(server)
    assert message.content == "One moment."
    assert [(one.id, one.name, one.arguments) for one in message.calls] == [
        ("x", "look", {"a": 1}),
        ("y", "see", {"b": 2}),
    ]


@pytest.mark.parametrize("call_id", [None, "", "same"])
async def test_calls_have_ids_of_their_own_whatever_the_server_calls_them(call_id: str | None) -> None:
    details = call("get_user_details", '{"user_id": "x"}', call_id)

    def say(body: Body) -> Body | str:
        return {"tool_calls": [details, details]} if len(server.bodies) < 4 else "How can I help?"

    with Server(say) as server:
        played = await play(tasks()[0], agents(server).agent(tasks()[0], WORLD))
    ids = [one.id for one in played.calls()]
    assert len(ids) == len(set(ids)) == 6
    assert all(ids)
    answers = [message.call_id for message in played.messages if message.role == "tool"]
    assert answers == ids
    last = server.bodies[-1]["messages"]
    assert [one["tool_call_id"] for one in last if one["role"] == "tool"] == ids


@pytest.mark.parametrize("text", ['{"order_id": ', "[1]", "null", "nothing", '{"a": NaN}'])
async def test_arguments_nobody_can_read_are_answered_with_an_error_and_the_conversation_goes_on(text: str) -> None:
    def say(body: Body) -> Body:
        return {"tool_calls": [call("get_order_details", text)]} if len(server.bodies) == 1 else serve_rest(body)

    def serve_rest(body: Body) -> Body:
        _, greeting, first, broken, error, *rest = body["messages"]
        (sent,) = broken["tool_calls"]
        assert sent["function"]["arguments"] == completed({UNREADABLE: text})
        assert error["content"].startswith("Error: The arguments of get_order_details must be one JSON object")
        return serve({**body, "messages": [body["messages"][0], greeting, first, *rest]})

    with Server(say) as server:
        played = await play(tasks()[0], agents(server).agent(tasks()[0], WORLD))
    assert played.calls()[0].arguments == text
    assert is_solved(tasks()[0], played)


def completed(value: object) -> str:
    """Return a value as the JSON text that stands in a request."""
    return msgspec.json.encode(value).decode()


async def test_a_call_without_arguments_has_none() -> None:
    with Server(lambda body: {"tool_calls": [call("list_all_product_types", "")]}) as server:
        (made,) = (await act(server)).calls
    assert made.arguments == {}


CUT = {"message": {"content": "I would cancel ord"}, "finish_reason": "length"}
USELESS: list[tuple[Body, str]] = [
    (completion(""), "empty"),
    (completion(" \n"), "empty"),
    (completion("<think>What now?"), "empty"),
    (completion("", choices=[CUT]), "cut off: raise endpoint.max_tokens"),
    (completion('<tool_call>\n{"name": "look", "arguments": {}}\n</tool_call>'), "tool-call parser"),
]


@pytest.mark.parametrize(("useless", "words"), USELESS)
async def test_a_reply_of_no_use_is_asked_for_again_and_then_fails(useless: Body, words: str) -> None:
    with Server(lambda body: "Which order is it?") as server:
        server.answers = {0: useless, 1: useless}
        agent = agents(server).agent(tasks()[0], WORLD)
        assert (await agent.act(OPENING)).content == "Which order is it?"
        assert spent_by(agent).useless == 2
        assert len({body["seed"] for body in server.bodies}) == 3
    with Server() as server:
        server.answers = dict.fromkeys(range(3), useless)
        with pytest.raises(EndpointError, match=f"3 replies were no use.*{words}") as caught:
            await act(server)
        assert caught.value.kind == "useless"


@pytest.mark.parametrize("depth", [100, 2000])
async def test_arguments_as_deep_as_no_tool_wants_them_stay_text(depth: int) -> None:
    text = '{"a": ' * depth + "1" + "}" * depth
    with Server(lambda body: {"tool_calls": [call("look", text)]}) as server:
        (made,) = (await act(server)).calls
    assert made.arguments == text


@pytest.mark.parametrize("text", [STOP, f"Bye! {STOP}", "###TRANSFER###", "<|im_end|>", "user: Yes, go ahead."])
async def test_marks_in_the_assistants_text_are_nothing_but_text(text: str) -> None:
    with Server(lambda body: text) as server:
        played = await play(tasks()[0], agents(server).agent(tasks()[0], WORLD))
    assert played.messages[2] == Message("assistant", text)
    assert sum(message.role == "user" for message in played.messages) > 1


FAILURES = {
    "HTTP 400": "refused",
    "HTTP 401": "refused",
    "HTTP 429 0.01": "busy",
    "HTTP 500": "server",
    "drop": "unreachable",
    "hang": "late",
    "trickle": "late",
    "endless": "broken",
    "no choice": "broken",
    "calls are no list": "broken",
    "deep arguments": "broken",
}


@pytest.mark.parametrize(("fault", "kind"), FAILURES.items())
async def test_what_fails_is_of_its_kind_and_fails_the_episode_not_the_program(fault: str, kind: str) -> None:
    with Server(serve, lambda number: fault if number > 2 else "") as server:
        made = agents(server, timeout=0.2 if kind == "late" else 60.0)
        played = await play(tasks()[0], made.agent(tasks()[0], WORLD))
        (usage,) = made.usage().values()
    assert played.outcome.ending == "agent_failure"
    assert played.outcome.culprit == "infrastructure"
    assert "EndpointError: endpoint tiny@" in played.outcome.detail
    assert set(usage.failures) == {kind}
    await settled()


async def test_it_ends_with_its_deadline_whatever_the_server_does() -> None:
    with Server(choose=lambda number: "hang") as server:
        with pytest.raises(EndpointError) as caught:
            await asyncio.wait_for(agents(server, seconds=0.3).agent(tasks()[0], WORLD).act(OPENING), 60)
        assert caught.value.kind == "late"
    await settled()


def ensemble(urls: dict[str, str], **circuit: Any) -> dict[str, Any]:
    members = {name: {"agent": endpoint(url, timeout=1.0)} for name, url in urls.items()}
    return {"kind": "ensemble", "members": members, "circuit": circuit}


@pytest.mark.parametrize("way", ["closed", "HTTP 500", "HTTP 429 3600", "drop", "empty"])
async def test_with_one_of_two_endpoints_dead_no_episode_fails(way: str) -> None:
    with Server(serve) as a, Server(serve if way != "empty" else lambda body: "") as b:
        b.choose = lambda number: way if way not in ("closed", "empty") else ""
        if way == "closed":
            b.stop()
        made = make_agents(read_agent(ensemble({"a": a.url, "b": b.url})), 60.0)
        chosen = {made.agent(task, WORLD).name for task in tasks()[:16]}
        played = await asyncio.gather(*(play(task, made.agent(task, WORLD)) for task in tasks()[:16]))
    assert chosen == {"ensemble:a", "ensemble:b"}
    assert {one.agent for one in played} == {"ensemble:a"}
    assert all(is_solved(task, one) for task, one in zip(tasks(), played, strict=False))


async def test_a_model_that_dies_on_the_way_is_taken_over_from() -> None:
    with Server(serve) as a, Server(serve) as b:
        b.choose = lambda number: "drop" if number > 20 else ""
        made = make_agents(read_agent(ensemble({"a": a.url, "b": b.url})), 60.0)
        playing = [made.agent(task, WORLD) for task in tasks()[:16]]
        played = await asyncio.gather(*(play(task, agent) for task, agent in zip(tasks(), playing, strict=False)))
    assert all(is_solved(task, one) for task, one in zip(tasks(), played, strict=False))
    assert sum(spent_by(agent).takeovers for agent in playing) > 0
