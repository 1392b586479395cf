"""What is kept beside what: duplicates, near duplicates, shares."""

from collections import Counter
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.episode.outcome import outcome_of
from cove_rl.episode.trajectory import Message, Trajectory
from cove_rl.errors import InputError
from cove_rl.synth.attempt import Attempt, Entry, Played, goal_of
from cove_rl.synth.likeness import BINS, Seen, likeness, sketch
from cove_rl.synth.plan import Balance, balances_from
from cove_rl.synth.selection import BUCKET, FREE, SLACK, Selection
from cove_rl.synth.tasks import Sampling

from .cases import examples, ledger, make, plan, ref


def entry(number: int, *kinds: str, goal: str = "", turns: int = 5) -> Entry:
    return Entry(number, f"t-{number}", "retail", kinds, goal or str(number), (Attempt("a", "b"),), 0, turns)


def run(selection: Selection, entries: list[Entry]) -> list[str]:
    """What becomes of tasks, one after the other."""
    reasons = []
    for one in entries:
        reason = selection.reason(Played(one, msgspec.Raw(b"null")))
        selection.add(msgspec.structs.replace(one, reason=reason), ())
        reasons.append(reason)
    return reasons


def test_the_same_goals_are_kept_once() -> None:
    entries = [entry(0, "a", goal="x"), entry(1, "a", goal="y"), entry(2, "a", goal="x"), entry(3, "a", goal="x")]
    assert run(Selection(plan()), entries) == ["", "", "duplicate", "duplicate"]


def test_a_goal_that_was_not_kept_can_be_kept_later() -> None:
    selection = Selection(plan())
    selection.add(msgspec.structs.replace(entry(0, "a", goal="x"), reason="score"), ())
    assert selection.reason(Played(entry(1, "a", goal="x"), msgspec.Raw(b"null"))) == ""


def test_goals_are_the_same_in_any_order_and_in_one_world_only() -> None:
    tasks = [one.solved.task for one in Sampling(ref(), 3, plan().difficulty)(list(range(30)))]
    task = next(one for one in tasks if len(one.requests) > 1)
    turned = msgspec.structs.replace(task, requests=task.requests[::-1], seed="other", id="other")
    assert goal_of(turned) == goal_of(task)
    assert goal_of(msgspec.structs.replace(task, world=ref(8))) != goal_of(task)
    assert goal_of(msgspec.structs.replace(task, requests=task.requests[:1])) != goal_of(task)
    assert len({goal_of(one) for one in tasks}) == len({repr(sorted(map(repr, one.constraints))) for one in tasks})


def test_duplicates_are_left_out_of_the_folder(tmp_path: Path) -> None:
    once = plan(worlds=((ref(),),), seed=1, difficulty=msgspec.structs.replace(plan().difficulty, requests=(1.0,)))
    make(tmp_path, 150, once, most=1500)
    reasons = Counter(one.reason for one in ledger(tmp_path))
    assert reasons["duplicate"] > 0
    goals = [goal_of(one.task) for one in examples(tmp_path)]
    assert len(set(goals)) == len(goals) == 150


@given(st.lists(st.lists(st.sampled_from("aaaaaaaabbc"), min_size=1, max_size=3), min_size=1, max_size=150))
def test_no_group_takes_much_more_than_its_share(drawn: list[list[str]]) -> None:
    entries = [entry(number, *kinds) for number, kinds in enumerate(drawn)]
    reasons = run(Selection(plan(balance=("kinds",))), entries)
    kept = [set(one.kinds) for one, reason in zip(entries, reasons, strict=True) if not reason]
    counts = Counter(kind for kinds in kept for kind in kinds)
    assert all(count <= SLACK * counts.total() / len({*"abc"} & set(counts)) + FREE for count in counts.values())
    assert reasons[:FREE] == [""] * min(len(reasons), FREE)


@pytest.mark.parametrize("field", ["kinds", "constraints", "turns"])
def test_balance_evens_out(field: Balance) -> None:
    rng = Random(1)
    rare = {"kinds": ("b",), "constraints": ("a", "a"), "turns": ("a",)}[field]
    entries = [
        entry(number, *rare, turns=5 + BUCKET) if rng.random() < 0.05 else entry(number, "a") for number in range(4000)
    ]
    plain, balanced = run(Selection(plan()), entries), run(Selection(plan(balance=(field,))), entries)
    assert set(plain) == {""}
    kept = [one for one, reason in zip(entries, balanced, strict=True) if not reason]
    share = sum(one.turns > BUCKET for one in kept) / len(kept)
    assert share > 0.2
    assert all(not reason for one, reason in zip(entries, balanced, strict=True) if one.turns > BUCKET)


def test_balance_names_what_it_can() -> None:
    assert balances_from(" turns, kinds") == ("kinds", "turns")
    assert balances_from("") == ()
    with pytest.raises(InputError, match="length; there are kinds, constraints, turns"):
        balances_from("length")


def talk(words: list[str]) -> Trajectory:
    said = Message("user", " ".join(words))
    return Trajectory("t", ref(), "a", "b", (Message("assistant", "Hi!"), said), outcome_of("user_stop"))


@given(st.integers(0, 10**6), st.integers(0, 80))
def test_likeness_is_that_of_the_shingles(seed: int, changed: int) -> None:
    rng = Random(seed)
    words = [str(rng.random()) for _ in range(203)]
    other = words[: 203 - changed] + [str(rng.random()) for _ in range(changed)]
    exact = _jaccard(words, other)
    assert abs(likeness(sketch(talk(words)), sketch(talk(other))) - exact) < 0.25
    assert likeness(sketch(talk(words)), sketch(talk(words))) == 1.0


def _jaccard(one: list[str], other: list[str]) -> float:
    ours, theirs = ({tuple(words[at : at + 4]) for at in range(len(words) - 3)} for words in (one, other))
    return len(ours & theirs) / len(ours | theirs)


def test_likeness_is_not_biased() -> None:
    rng, errors = Random(4), []
    for _ in range(60):
        words = [str(rng.random()) for _ in range(203)]
        other = words[:170] + [str(rng.random()) for _ in range(33)]
        errors.append(likeness(sketch(talk(words)), sketch(talk(other))) - _jaccard(words, other))
    assert abs(sum(errors) / 60) < 0.03


@pytest.mark.parametrize("words", [[], ["one"], ["one", "two", "three", "four", "five"]])
def test_short_conversations_have_sketches_too(words: list[str]) -> None:
    assert len(sketch(talk(words))) == BINS
    assert likeness(sketch(talk(words)), sketch(talk([*words, "more", "and", "more"]))) < 1


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.9, 1.0])
def test_what_is_as_like_as_the_threshold_is_found(threshold: float) -> None:
    rng, seen, missed, wrong, like = Random(2), Seen(threshold), 0, 0, 0
    known = []
    for _ in range(80):
        words = [str(rng.random()) for _ in range(203)]
        known.append(words)
        seen.add(sketch(talk(words)))
    for words in known:
        for changed in (0, 5, 30, 90):
            one = sketch(talk(words[: 203 - changed] + [str(rng.random()) for _ in range(changed)]))
            is_like = likeness(one, sketch(talk(words))) >= threshold
            like += is_like
            missed += is_like and not seen.has_like(one)
            wrong += seen.has_like(one) and not is_like
    assert like >= 80
    assert missed <= like * 0.02
    assert wrong == 0


def test_near_duplicates_are_kept_once() -> None:
    rng, selection = Random(3), Selection(plan(near=0.8))
    words = [str(rng.random()) for _ in range(203)]
    reasons = []
    for number, changed in enumerate((0, 4, 100, 0, 200)):
        drawn = sketch(talk(words[: 203 - changed] + [str(rng.random()) for _ in range(changed)]))
        one = entry(number, "a")
        reasons.append(selection.reason(Played(one, msgspec.Raw(b"null"), drawn)))
        selection.add(msgspec.structs.replace(one, reason=reasons[-1]), drawn)
    assert reasons == ["", "near", "", "near", ""]


def test_no_two_conversations_of_a_folder_are_near(tmp_path: Path) -> None:
    for number in (10, 30):  # the second time it goes on, and has to know the conversations of the first
        make(tmp_path, number, plan(near=0.5))
    sketches = [sketch(one.trajectory) for one in examples(tmp_path)]
    assert max(likeness(one, other) for at, one in enumerate(sketches) for other in sketches[:at]) < 0.5


@pytest.mark.parametrize("near", [0.0, 0.4, 1.1, -1.0, float("nan")])
def test_a_threshold_out_of_range_is_refused(near: float) -> None:
    with pytest.raises(InputError, match=r"0\.5 to 1"):
        plan(near=near)
