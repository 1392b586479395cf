"""Hybrid users of a run: made from their settings, with a served model or a program behind them."""

import asyncio

import pytest

from cove_rl.endpoints.spent import spent_by
from cove_rl.episode.trajectory import Message
from cove_rl.errors import InputError
from cove_rl.users.hybrid import HybridUser
from cove_rl.users.kinds import make_users, read_user, user_from_text

from .stage import GRAMMAR, tasks

GREETING = [Message("assistant", "Hi!")]


def test_without_an_endpoint_a_program_words_the_sentences() -> None:
    users = make_users(user_from_text("hybrid"))
    assert users.usage() == {}
    assert not users.takes_over
    said = [asyncio.run(users.user(task).reply(GREETING)).content for task in tasks()[:30]]
    plain = [asyncio.run(make_users(read_user("scripted")).user(task).reply(GREETING)).content for task in tasks()[:30]]
    assert sum(one != other for one, other in zip(said, plain, strict=True)) > 20


def test_an_endpoint_that_is_down_costs_the_wording_alone() -> None:
    """Nothing listens on port 9 here; the customer says its own words, and the failures are counted."""
    text = "hybrid endpoint.url=http://127.0.0.1:9/v1 endpoint.model=none endpoint.retries=0"
    users = make_users(user_from_text(text), 5.0)
    task = tasks()[0]
    user = users.user(task)
    assert isinstance(user, HybridUser)
    said = asyncio.run(user.reply(GREETING)).content
    plain = asyncio.run(make_users(read_user("scripted")).user(task).reply(GREETING)).content
    assert GRAMMAR.hear(said) == GRAMMAR.hear(plain)
    assert said == plain
    assert user.wordings.faults["failed"] == user.wordings.sentences > 0
    assert (spent_by(user).calls, spent_by(user).failures) == (1, 1)
    (usage,) = users.usage().values()
    assert usage.calls == 1


def test_spoilt_sentences_are_found() -> None:
    user = make_users(user_from_text("hybrid spoil=1 strict=true")).user(tasks()[0])
    assert isinstance(user, HybridUser)
    asyncio.run(user.reply(GREETING))
    assert user.wordings.accepted == 0
    assert user.wordings.faults.total() == user.wordings.sentences > 0


@pytest.mark.parametrize("setting", ["spoil=2", "strict=perhaps", "endpoint.url=http://x/v1", "colour=red"])
def test_settings_that_are_wrong_are_one_error(setting: str) -> None:
    with pytest.raises(InputError, match="hybrid"):
        user_from_text(f"hybrid {setting}")
