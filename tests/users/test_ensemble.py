"""Who of an ensemble plays: as weights and seed have it, and whoever is up."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from cove_rl.endpoints.failure import EndpointError
from cove_rl.endpoints.settings import Circuit
from cove_rl.endpoints.usage import Usage
from cove_rl.episode.sides import User
from cove_rl.episode.trajectory import Message
from cove_rl.tasks.task import Task
from cove_rl.users.ensemble import EnsembleUsers
from cove_rl.users.settings import EnsembleSettings, Member, ScriptedSettings

from .stage import tasks

OPENING = [Message("assistant", "Hi!")]
LATER = [*OPENING, Message("user", "Hello."), Message("assistant", "Yes?")]


class Fake:
    """Users that answer with their name, or fail."""

    def __init__(self, name: str, *, takes_over: bool = True) -> None:
        self.name = name
        self.takes_over = takes_over
        self.error: Exception | None = None
        self.asked = 0

    def user(self, task: Task) -> User:
        return self

    def usage(self) -> dict[str, Usage]:
        return {"endpoint": Usage(calls=self.asked)}

    async def reply(self, conversation: Sequence[Message]) -> Message:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return Message("user", self.name)


def ensemble(weights: dict[str, float], circuit: Circuit = Circuit(), **fakes: Fake) -> EnsembleUsers:  # noqa: B008
    members = {name: Member(ScriptedSettings(), weight) for name, weight in weights.items()}
    made = {name: fakes.get(name, Fake(name)) for name in weights}
    return EnsembleUsers(EnsembleSettings(members, circuit), made, 60.0)


def seeded(seed: object) -> Task:
    return replace(tasks(1)[0], seed=str(seed))


def answer(user: User, conversation: Sequence[Message] = OPENING) -> str:
    return asyncio.run(user.reply(conversation)).content


def test_the_seed_chooses_and_weights_are_shares() -> None:
    users = ensemble({"a": 1.0, "b": 2.0, "c": 5.0})
    counts = Counter(users.user(seeded(number)).name for number in range(8000))
    assert counts == Counter(users.user(seeded(number)).name for number in range(8000))
    for name, share in {"a": 1000, "b": 2000, "c": 5000}.items():
        assert abs(counts[f"ensemble:{name}"] - share) < 5 * (8000 * 0.25) ** 0.5


def test_who_plays_hangs_on_names_and_weights_not_on_order_or_absence() -> None:
    three, other, two = (ensemble(dict.fromkeys(names, 1.0)) for names in ("abc", "cba", "ab"))
    for number in range(300):
        name = three.user(seeded(number)).name
        assert other.user(seeded(number)).name == name
        assert name == "ensemble:c" or two.user(seeded(number)).name == name


def test_another_member_goes_on_and_stays() -> None:
    a, b = Fake("a"), Fake("b")
    user = ensemble({"a": 1e9, "b": 1.0}, a=a, b=b).user(seeded(1))
    assert answer(user) == "a"
    a.error = EndpointError("server", "down")
    assert answer(user, LATER) == "b"
    a.error = None
    assert answer(user, LATER) == "b"
    assert user.name == "ensemble:b"


def test_whatever_a_member_raises_is_its_failure_and_not_the_episodes() -> None:
    for error in (EndpointError("late", "x"), ValueError("x"), KeyError(), TimeoutError(), asyncio.TimeoutError()):
        a = Fake("a")
        a.error = error
        assert answer(ensemble({"a": 1e9, "b": 1.0}, a=a).user(seeded(1))) == "b"


def test_a_member_that_cannot_go_on_is_not_asked_to() -> None:
    a, b = Fake("a"), Fake("b", takes_over=False)
    a.error = EndpointError("server", "gone")
    with pytest.raises(EndpointError, match="a: gone"):
        answer(ensemble({"a": 1e9, "b": 1.0}, a=a, b=b).user(seeded(1)), LATER)
    assert b.asked == 0
    user = ensemble({"a": 1e9, "b": 1.0}, a=a, b=b).user(seeded(1))
    assert answer(user) == "b"
    assert answer(user, LATER) == "b"


def test_a_member_that_is_down_is_left_alone_by_all_conversations() -> None:
    a = Fake("a")
    a.error = EndpointError("server", "down")
    users = ensemble({"a": 1e9, "b": 1.0}, Circuit(failures=3, pause=3600.0), a=a)
    for number in range(20):
        assert answer(users.user(seeded(number))) == "b"
    assert a.asked == 3


def test_where_all_are_down_they_are_asked_nevertheless() -> None:
    a, b = Fake("a"), Fake("b")
    a.error = b.error = EndpointError("server", "down")
    users = ensemble({"a": 1.0, "b": 1.0}, Circuit(failures=1, pause=3600.0), a=a, b=b)
    for number in range(3):
        with pytest.raises(EndpointError, match="no member of the ensemble"):
            answer(users.user(seeded(number)))
    assert (a.asked, b.asked) == (3, 3)
    b.error = None
    assert answer(users.user(seeded(9))) == "b"


def test_a_member_that_is_up_again_plays_again() -> None:
    a = Fake("a")
    a.error = EndpointError("server", "down")
    users = ensemble({"a": 1e9, "b": 1.0}, Circuit(failures=1, pause=1e-9), a=a)
    assert answer(users.user(seeded(1))) == "b"
    a.error = None
    assert [answer(users.user(seeded(number))) for number in range(5)] == ["a"] * 5


def test_usage_is_by_member() -> None:
    users = ensemble({"a": 1e9, "b": 1.0})
    answer(users.user(seeded(1)))
    assert {name: one.calls for name, one in users.usage().items()} == {"a/endpoint": 1, "b/endpoint": 0}
