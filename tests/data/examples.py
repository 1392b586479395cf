"""Examples of both domains, made by the oracle and the scripted customer, and conversations that are made up."""

from functools import cache
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import msgspec
from hypothesis import strategies as st

from cove_rl.data.conversation import Conversation
from cove_rl.episode.outcome import outcome_of
from cove_rl.episode.trajectory import Message, Trajectory
from cove_rl.synth.example import Example, facts_of
from cove_rl.synth.tasks import finished, sample_task
from cove_rl.tasks.sampler import Mix
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import get_domain
from cove_rl.world.world import World, WorldRef

SIZES = {"retail": {"users": 40, "orders": 90}, "airline": {"users": 60, "reservations": 200}}


@cache
def world(domain: str, seed: int = 7) -> World:
    """A small world."""
    return get_domain(domain).world(seed, SIZES[domain])


@cache
def example(domain: str, index: int, seed: int = 7) -> Example:
    """The oracle's solution of one task."""
    place = world(domain, seed)
    solved = finished(sample_task(get_domain(domain), place, 3, index, Mix())).solved
    return Example(solved.task, solved.trajectory, facts_of(solved.task, place, solved.trajectory))


@cache
def examples(count: int = 6) -> tuple[Example, ...]:
    """That many examples, every other one of each domain."""
    return tuple(example(("retail", "airline")[index % 2], index) for index in range(count))


def of_example(one: Example) -> Conversation:
    """An example as a conversation."""
    return Conversation(one.trajectory, one.task, one.facts)


def write(path: Path, *lines: object) -> Path:
    """Write JSON lines."""
    path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    return path


HOSTILE = (
    "\x00\x1b[2J\r\n\t",
    "\u202eevil\u2066",
    "\u2028|```---\n",
    '"}]\\',
    "###STOP###",
    "<|im_end|>",
    "\ufeff",
    "🛒",
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(HOSTILE)
names = st.text(ascii_lowercase, min_size=1, max_size=6)
scalars: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))
arguments = st.dictionaries(texts, values, max_size=3) | texts.filter(lambda text: not text.strip().startswith("{"))
calls = st.builds(ToolCall, texts, texts, arguments)
messages = st.one_of(
    st.builds(Message, st.just("user"), texts),
    st.builds(Message, st.just("assistant"), texts, st.lists(calls, max_size=3).map(tuple)),
    st.builds(lambda text, key, error: Message("tool", text, call_id=key, error=error), texts, texts, st.booleans()),
)
trajectories = st.builds(
    Trajectory,
    task_id=texts,
    world=st.builds(WorldRef, st.sampled_from(["retail", "airline"]), names, st.none() | st.integers(0, 9)),
    agent=texts,
    user=texts,
    messages=st.lists(messages, max_size=8).map(tuple),
    outcome=st.builds(outcome_of, st.sampled_from(["user_stop", "max_tokens"]), texts),
    seconds=st.none() | st.floats(0, 100),
)
"""Conversations that nobody has had, with any text in any place."""
