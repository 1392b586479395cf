"""How checks of a domain are asked, what they make of failures, and the calls and faults they make up."""

from pathlib import Path
from random import Random
from typing import Any

import pytest

from cove_rl.evaluation.conformance import examine
from cove_rl.evaluation.conformance.calls import Caller, fields_of, is_json
from cove_rl.evaluation.conformance.check import Blocked, Cases, Finding, NotApplicable, Note, ask, check
from cove_rl.evaluation.conformance.faults import raised_in, words_of
from cove_rl.evaluation.conformance.hints import means
from cove_rl.evaluation.conformance.plants import planted
from cove_rl.evaluation.conformance.subject import Shared, Sizes, Subject
from cove_rl.speech.speech import speech_of
from cove_rl.verify.mutation import donors
from cove_rl.world.domain import get_domain
from cove_rl.world.hint import Hint
from cove_rl.world.state import State
from cove_rl.world.world import World

RETAIL = get_domain("retail")


@pytest.fixture(scope="module")
def world() -> World:
    return RETAIL.world(4, {"users": 40, "orders": 100})


def asked(*seen: str | Note | BaseException) -> Finding:
    @check("Why.", "What to do.")
    def some_check(subject: Subject) -> Cases:
        """What holds."""
        for one in seen:
            if isinstance(one, BaseException):
                raise one
            yield one

    assert (some_check.name, some_check.group, some_check.meaning) == ("some-check", "test_conformance", "What holds.")
    return ask(some_check, Subject("retail", Sizes()))


def test_a_check_passes_if_all_its_cases_do() -> None:
    finding = asked("", Note("by the way"), "")
    assert (finding.status, finding.cases, finding.failures, finding.note) == ("passed", 2, 0, "by the way")
    assert finding.is_well


def test_the_first_counterexample_is_told_and_all_are_counted() -> None:
    finding = asked("", "one", "", "two")
    assert (finding.status, finding.cases, finding.failures, finding.counterexample) == ("failed", 4, 2, "one")
    assert not finding.is_well


@pytest.mark.parametrize("error", [KeyError("x"), SystemExit(3), RecursionError(), NotImplementedError("later")])
def test_a_check_that_breaks_down_has_failed(error: BaseException) -> None:
    finding = asked("", error)
    assert (finding.status, finding.cases, finding.failures) == ("failed", 2, 1)
    assert type(error).__name__ in finding.counterexample
    assert "test_conformance.py:" in finding.counterexample


def test_an_interrupt_is_no_finding() -> None:
    with pytest.raises(KeyboardInterrupt):
        asked(KeyboardInterrupt())


def test_what_could_not_be_asked_is_not_passed() -> None:
    blocked = asked(Blocked("policy"))
    assert (blocked.status, blocked.is_well) == ("blocked", False)
    assert "policy" in blocked.counterexample
    assert asked("", "one", Blocked("policy")).status == "failed", "what was found before still counts"
    assert asked(NotApplicable("no such thing")).counterexample == "no such thing"
    assert [asked(one).is_well for one in (NotApplicable("no such thing"), Note("nothing"))] == [True, True]
    assert asked().status == "not applicable"


def test_something_shared_is_made_once_and_its_owner_alone_is_blamed() -> None:
    made: list[int] = []

    def maker() -> int:
        made.append(1)
        raise LookupError("nothing there")

    shared = Shared("its-check", maker)
    for _ in range(2):
        with pytest.raises(LookupError):
            shared.make()
        with pytest.raises(Blocked, match="its-check"):
            shared.get()
    assert made == [1]
    assert Shared("its-check", lambda: 5).get() == 5


def test_an_exception_is_placed_where_the_domain_is() -> None:
    def inner() -> None:
        Path("/nowhere/at/all").read_text()

    with pytest.raises(OSError, match="nowhere") as caught:
        inner()
    assert "test_conformance.py:" in words_of(caught.value, [Path(__file__).parent])
    assert words_of(caught.value, [Path(__file__).parent]).endswith(" in inner")
    assert "test_conformance.py:" not in words_of(caught.value)
    assert words_of(ValueError()) == "ValueError"
    assert raised_in(caught.value, "inner")
    assert not raised_in(caught.value, "outer")


def test_calls_are_varied_and_equal_seeds_make_equal_ones(world: World) -> None:
    wanted = donors(RETAIL, world, Random(0))
    one, same = (Caller(RETAIL, world, wanted, Random(5)) for _ in range(2))
    calls = [one.make() for _ in range(400)]
    assert calls == [same.make() for _ in range(400)]
    failed = {True: 0, False: 0}
    for call in calls:
        failed[RETAIL.toolbox.call(State(world), call).error] += 1
    assert min(failed.values()) > 80, "neither only errors nor only successes"
    assert {call.name for call in calls} >= RETAIL.toolbox.tools.keys()


def test_a_row_gives_values_by_the_names_arguments_have(world: World) -> None:
    (kind,) = [kind for name, kind in RETAIL.tables.items() if name == "orders"]
    key, row = next(iter(world.tables[kind].items()))
    fields = fields_of("orders", key, row)
    assert fields["order_id"][0] == key
    assert {"user_id", "item_id", "payment_method_id", "zip"} <= fields.keys()


@pytest.mark.parametrize(
    ("value", "kind", "is_one"),
    [
        ("a", "string", True),
        (1, "integer", True),
        (1, "number", True),
        (True, "integer", False),
        (1.5, "integer", False),
    ],
)
def test_json_types(value: Any, kind: str, is_one: bool) -> None:
    assert is_json(value, kind) is is_one


def test_planted_faults_are_faults(world: World) -> None:
    plants = list(planted(RETAIL, world, 0))
    assert len({plant.words for plant in plants}) == len(plants) > 6
    assert RETAIL.problems(world.tables) == []
    assert all(RETAIL.problems(plant.tables) for plant in plants)
    assert any("users.orders" in plant.words for plant in plants), "lists of ids are looked into"


def test_hints_mean_the_same_only_if_all_of_them_does() -> None:
    grammar = speech_of("retail").grammar
    meant = Hint("item", "options", {"product": "Lamp", "options": {"color": "red", "size": "L"}}, exact=True)
    alike = Hint("item", "options", {"product": "Lamp", "options": "color red plus size L"})
    assert means(meant, alike, grammar)
    for other in (
        Hint("item", "options", {"product": "Lamp", "options": "color red"}),
        Hint("item", "options", {"product": "Lamp", "options": "color red plus size M"}),
        Hint("item", "options", {"product": "Teapot", "options": "color red plus size L"}),
        Hint("item", "name", {"product": "Lamp"}),
        Hint("new", "options", {"product": "Lamp", "options": "color red plus size L"}),
    ):
        assert not means(meant, other, grammar)
    many = Hint("order", "items", {"items": (meant, meant)})
    assert means(many, Hint("order", "items", {"items": (alike, alike)}), grammar)
    assert not means(many, Hint("order", "items", {"items": (alike,)}), grammar)


@pytest.mark.parametrize("name", ["retail", "airline"])
def test_the_domains_that_ship_are_valid(name: str) -> None:
    findings = list(examine(name, Sizes(tasks=25, mutants=400, calls=300)))
    assert {one.name: one.counterexample for one in findings if one.status != "passed"} == {}
