"""The card is Markdown that holds together, whatever the names in a data set are."""

from typing import Any

import msgspec
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from cove_rl.data.card import card
from cove_rl.data.conversation import Conversation
from cove_rl.data.stats import Stats
from cove_rl.episode.trajectory import Trajectory
from cove_rl.world.world import WorldRef

from .examples import HOSTILE, examples, of_example, texts


def stats_of(*conversations: Conversation) -> Stats:
    found = Stats()
    for one in conversations:
        found.add(one)
    return found


def played_by(name: str) -> Conversation:
    one = of_example(examples()[0])
    return msgspec.structs.replace(one, trajectory=msgspec.structs.replace(one.trajectory, agent=name, user=name))


def front_matter(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text.split("---\n", 2)[1])
    return found


@given(title=texts, licence=texts)
@example(title="a: b # c\n---\n", licence="'\"{}")
def test_the_front_matter_is_read_whatever_the_title(title: str, licence: str) -> None:
    known = front_matter(card(stats_of(of_example(examples()[0])), title, licence))
    assert (type(known["pretty_name"]), type(known["license"])) == (str, str)
    assert known["configs"][0]["data_files"] == [{"split": "train", "path": "train-*.parquet"}]
    if title.isascii() and title.isprintable():
        assert known["pretty_name"] == title.strip()


@given(name=st.sampled_from(HOSTILE) | texts)
def test_a_name_stays_in_its_cell(name: str) -> None:
    text = card(stats_of(played_by(name)), "x", "x")
    lines = text.splitlines()
    start = lines.index("| teacher | conversations |")
    row = lines[start + 2]
    assert row.endswith(" | 1 |")
    assert row.replace("\\\\", "").replace("\\|", "").count("|") == 3
    assert lines[start + 3] == ""


def test_sizes_are_named_as_hugging_face_names_them() -> None:
    found = stats_of(of_example(examples()[0]))
    for count, name in ((1, "n<1K"), (999, "n<1K"), (1_000, "1K<n<10K"), (12_000, "10K<n<100K"), (10**7, "n>1M")):
        found._seen[b"x"] = count - 1
        assert front_matter(card(found, "x", "x"))["size_categories"] == [name]


def test_tasks_and_worlds_of_imported_conversations_are_told_apart_by_their_domains() -> None:
    one = examples()[0].trajectory
    foreign = (
        Trajectory("0", WorldRef(name, ""), "a", "b", one.messages, one.outcome) for name in ("retail", "airline")
    )
    found = stats_of(*map(Conversation, foreign))
    assert found.tasks == 2
    assert [world.domain for world in found.worlds.values()] == ["retail", "airline"]


def test_equal_data_has_an_equal_card() -> None:
    cards = {card(stats_of(*map(of_example, examples())), "x", "x") for _ in range(2)}
    assert len(cards) == 1
