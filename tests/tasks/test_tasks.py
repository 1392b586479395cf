"""Tasks are the same everywhere, survive JSON, are feasible in any order, and say what they mean exactly once."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import permutations
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cove_rl.domains.retail.records import Address, Order, Product, User
from cove_rl.domains.retail.view import (
    View,
    addresses_for,
    change_of,
    items_for,
    orders_for,
    payments_for,
    variants_for,
)
from cove_rl.errors import InputError, SamplingError
from cove_rl.speech.speech import speech_of
from cove_rl.synth.tasks import sample_task
from cove_rl.tasks.sampler import Mix, draw_task
from cove_rl.tasks.task import Task, encode_task, is_actionable, load_tasks
from cove_rl.tasks.worlds import Worlds
from cove_rl.world.call import ToolCall
from cove_rl.world.constraint import Constraint
from cove_rl.world.files import save_world
from cove_rl.world.hint import Hint, Request
from cove_rl.world.state import State

from .shelf import DOMAIN, tasks, world

GRAMMAR = speech_of("retail").grammar
TASKS = st.sampled_from(range(300)).map(lambda number: tasks()[number])
SMALL = {"users": 40, "orders": 100}
PROGRAM = f"""
from cove_rl.tasks.sampler import Mix, draw_task
from cove_rl.tasks.task import encode_task
from cove_rl.world.domain import get_domain
domain = get_domain("retail")
world = domain.world(2, {SMALL!r})
drawn = {{index: draw_task(domain, world, 6, index, 0, Mix()) for index in reversed(range(60))}}
for index in range(60):
    print("none" if drawn[index] is None else encode_task(drawn[index]).decode())
"""


def test_tasks_are_the_same_bytes_in_any_process_and_order() -> None:
    small = DOMAIN.world(2, SMALL)
    drawn = [draw_task(DOMAIN, small, 6, index, 0, Mix()) for index in range(60)]
    here = ["none" if task is None else encode_task(task).decode() for task in drawn]
    assert len(set(here)) > 40
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        result = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, check=True)
        assert result.stdout.decode().splitlines() == here


@given(st.integers(0, 10**9), st.integers(0, 10**6), st.integers(0, 200))
@settings(max_examples=40, deadline=None)
def test_any_seed_index_and_attempt_draw_the_same_task_twice(seed: int, index: int, attempt: int) -> None:
    once, again = (draw_task(DOMAIN, world(), seed, index, attempt, Mix()) for _ in range(2))
    assert once == again
    assert once is None or once.id == f"retail-{seed}-{index}"


def test_seeds_and_indices_tell_tasks_apart() -> None:
    assert len({encode_task(replace(task, id="", seed="")) for task in tasks()}) == 300
    other = [draw_task(DOMAIN, world(), 1, index, 0, Mix()) for index in range(50)]
    known = [task.requests for task in tasks()]
    assert not [task for task in other if task is not None and task.requests in known]


def written(folder: Path, *lines: bytes) -> Path:
    path = folder / "tasks.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def test_every_task_is_the_same_after_a_trip_through_json(tmp_path: Path) -> None:
    path = written(tmp_path, *map(encode_task, tasks()))
    loaded = list(load_tasks(path))
    assert loaded == list(tasks())
    assert list(map(encode_task, loaded)) == list(map(encode_task, tasks()))


def spoiled(**fields: Any) -> bytes:
    raw = msgspec.json.decode(encode_task(tasks()[0]))
    return msgspec.json.encode({**raw, **fields})


def request(**fields: Any) -> dict[str, Any]:
    return {"constraint": {"kind": "refuse_status", "order_id": "#W1", "asked": "x"}, "act": "x", "hints": [], **fields}


def deep() -> bytes:
    line = spoiled(identity=["DEEP"])
    nested = b'{"slot":"order","form":"items","values":{"items":[' * 3000 + b"]}}" * 3000
    return line.replace(b'"DEEP"', nested)


BROKEN: dict[str, Any] = {
    "no JSON": lambda: b"{",
    "no task": lambda: b"[]",
    "an unknown field": lambda: spoiled(colour="red"),
    "an unknown domain": lambda: spoiled(domain="chess"),
    "the world of another domain": lambda: spoiled(world={"domain": "airline", "fingerprint": "0"}),
    "an unknown mood": lambda: spoiled(persona={"mood": "sleepy"}),
    "no request": lambda: spoiled(requests=[]),
    "only refusals": lambda: spoiled(requests=[request(), request()]),
    "an unknown kind": lambda: spoiled(requests=[request(constraint={"kind": "dance"})]),
    "no kind": lambda: spoiled(requests=[request(constraint={"order_id": "#W1"})]),
    "a constraint with a field too many": lambda: spoiled(
        requests=[request(constraint={"kind": "cancel_order", "order_id": "#W1", "reason": "no longer needed", "x": 1})]
    ),
    "a reason nobody can enter": lambda: spoiled(
        requests=[request(constraint={"kind": "cancel_order", "order_id": "#W1", "reason": "bored"})]
    ),
    "a request with a field too many": lambda: spoiled(requests=[request(extra=1)]),
    "nested too deeply": deep,
}


@pytest.mark.parametrize("line", BROKEN.values(), ids=BROKEN)
def test_a_line_that_is_no_task_is_one_error_that_names_it(line: Any, tmp_path: Path) -> None:
    path = written(tmp_path, encode_task(tasks()[0]), line())
    loaded = load_tasks(path)
    assert next(loaded) == tasks()[0]
    with pytest.raises(InputError, match=r"tasks\.jsonl,? line 2: .") as caught:
        next(loaded)
    assert len(str(caught.value)) < 600


def view_of(task: Task) -> View:
    """What the customer of a task has, found by how they say who they are."""
    said = {name: str(value).lower() for name, value in task.identity[0].values.items()}
    found = [user for user in world().rows(User).values() if said.items() <= names(user).items()]
    assert len(found) == 1
    orders = world().rows(Order)
    return View(found[0], {key: orders[key] for key in found[0].orders}, dict(world().rows(Product)))


def names(user: User) -> dict[str, str]:
    first, last = user.name.first_name, user.name.last_name
    return {
        "email": user.email.lower(),
        "first_name": first.lower(),
        "last_name": last.lower(),
        "zip": user.address.zip,
    }


def resolved(hint: Hint, view: View, order: Order | None) -> list[Any]:
    """All that a hint can mean."""
    match hint.slot:
        case "order":
            return list(orders_for(hint, view, GRAMMAR))
        case "payment":
            return list(payments_for(hint, view, order))
        case "address":
            return list(addresses_for(hint, view, GRAMMAR))
        case "reason":
            return [hint.form]
    assert order is not None
    parts = hint.values[hint.slot]
    assert isinstance(parts, tuple)
    found = [
        items_for(part, order, GRAMMAR) if hint.slot == "items" else swaps_for(part, view, order) for part in parts
    ]
    return [tuple(sorted(one[0] for one in found))] if all(len(one) == 1 for one in found) else []


def swaps_for(change: Hint, view: View, order: Order) -> list[Any]:
    item_hint, new_hint = change_of(change)
    ids = items_for(item_hint, order, GRAMMAR)
    items = [item for item in order.items if item.item_id in ids]
    return [(i.item_id, new) for i in items for new in variants_for(new_hint, i, view.products[i.product_id], GRAMMAR)]


def meant(constraint: Constraint) -> dict[str, Any]:
    """What each hint of a request must resolve to."""
    fields = {name: getattr(constraint, name) for name in constraint.__struct_fields__}
    wanted: dict[str, Any] = {}
    names = {"order_id": "order", "payment_method_id": "payment", "address": "address", "reason": "reason"}
    wanted.update({slot: fields[name] for name, slot in names.items() if name in fields})
    if "new_item_ids" in fields:
        wanted["changes"] = tuple(sorted(zip(fields["item_ids"], fields["new_item_ids"], strict=True)))
    elif "new_item_id" in fields:
        wanted["changes"] = ((fields["item_id"], fields["new_item_id"]),)
    elif "item_ids" in fields:
        wanted["items"] = tuple(sorted(fields["item_ids"]))
    return wanted


def test_every_hint_means_one_thing_and_the_right_one() -> None:
    """In the customer's view, as it is and as it comes out of a sentence; ids are given away only where they must."""
    for task in tasks():
        view = view_of(task)
        for one in task.requests:
            wanted = meant(one.constraint)
            order = world().rows(Order).get(getattr(one.constraint, "order_id", ""))
            assert wanted.keys() - {hint.slot for hint in one.hints} == set()
            for hint in one.hints:
                if one.constraint.kind == "refuse_stranger":
                    assert order is not None
                    assert order.order_id not in view.orders
                    continue
                heard = GRAMMAR.read(hint.slot, GRAMMAR.word(hint, Random(task.id)))
                assert heard is not None
                assert resolved(hint, view, order) == resolved(heard, view, order)
                assert len(resolved(hint, view, order)) == 1
                assert hint.slot not in wanted or resolved(hint, view, order) == [wanted[hint.slot]]


def test_nothing_is_asked_for_that_is_so_already() -> None:
    for task in tasks():
        for constraint in task.constraints:
            goals = constraint.goals(world())
            held = [goal.read(world().tables[goal.kind][goal.key]) == goal.wanted for goal in goals]
            assert not goals or not all(held), constraint.describe()


def carried_out(constraints: Sequence[Constraint]) -> State:
    """Carry out constraints one after the other; every call must succeed."""
    state = State(world())
    for constraint in constraints:
        for action in constraint.actions(world()):
            result = DOMAIN.toolbox.call(state, ToolCall("a", action.name, action.arguments))
            assert not result.error, (constraint.describe(), result.content)
            assert result.changes
    return state


def orders_of(task: Task) -> Iterator[tuple[Constraint, ...]]:
    """The task's constraints in every sequence that leaves what is about one order in its own sequence."""
    place = {id(one): number for number, one in enumerate(task.constraints)}
    for some in permutations(task.constraints):
        by_order: dict[str, list[int]] = {}
        for one in some:
            by_order.setdefault(getattr(one, "order_id", one.kind), []).append(place[id(one)])
        if all(places == sorted(places) for places in by_order.values()):
            yield some


def holds(constraint: Constraint, state: State) -> bool:
    goals = [(goal, state.get(goal.kind, goal.key)) for goal in constraint.goals(world())]
    return all(record is not None and goal.read(record) == goal.wanted for goal, record in goals)


def test_all_goals_can_be_met_in_any_order_and_none_spoils_another() -> None:
    seen = 0
    for task in tasks():
        sequences = list(orders_of(task)) if len(task.requests) <= 4 else [task.constraints]
        assert task.constraints in sequences
        for some in sequences:
            seen += 1
            state = carried_out(some)
            assert all(holds(one, state) for one in some)
    assert seen > 1000


def test_what_is_forbidden_stays_forbidden_until_its_turn() -> None:
    """Other requests must not make a refusal wrong: no refund fills a gift card that has to be too poor, say."""
    for task in tasks():
        state = carried_out([one for one in task.constraints if one.kind != "refuse_gift_card"])
        for one in task.constraints:
            if one.kind == "refuse_gift_card":
                call = {"order_id": one.order_id, "payment_method_id": one.payment_method_id}  # type: ignore[attr-defined]
                result = DOMAIN.toolbox.call(state, ToolCall("a", "modify_pending_order_payment", call))
                assert result.error, one.describe()


def test_every_kind_of_constraint_occurs() -> None:
    kinds = {constraint.kind for task in tasks() for constraint in task.constraints}
    assert kinds == {str(kind.__struct_config__.tag) for kind in DOMAIN.constraints}


def test_every_task_has_something_to_do_and_at_most_one_transfer_at_the_end() -> None:
    for task in tasks():
        assert any(is_actionable(one) for one in task.constraints)
        assert not any(one.transfer for one in task.constraints[:-1])
        assert all(one.goals(world()) or not is_actionable(one) or one.transfer for one in task.constraints)


def test_the_number_of_requests_follows_the_mix() -> None:
    """Each task of the default mix has the number its index drew, but for customers with too little to do."""
    rng = [Random(f"retail-0-{index}:count") for index in range(300)]
    same = sum(len(task.requests) == Mix().draw(one) for task, one in zip(tasks(), rng, strict=True))
    assert same > 255
    assert {len(task.requests) for task in tasks()} == {1, 2, 3, 4, 5}


@given(st.integers(1, 5), st.integers(0, 500))
@settings(max_examples=30, deadline=None)
def test_a_mix_of_one_number_gives_that_number(count: int, index: int) -> None:
    mix = Mix(tuple(float(number == count) for number in range(1, 6)))
    assert mix.draw(Random(index)) == count
    task = draw_task(DOMAIN, world(), 0, index, 0, mix)
    assert task is None or len(task.requests) <= count


@pytest.mark.parametrize("weights", [(), (0.0,), (1.0, -1.0), (0.0, 0.0)])
def test_a_mix_that_cannot_be_drawn_from_is_refused(weights: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="weights"):
        Mix(weights)


async def test_a_world_too_poor_is_one_error() -> None:
    poor = DOMAIN.world(1, {"users": 1, "orders": 1, "products": 1})
    with pytest.raises(SamplingError, match="too small"):
        await sample_task(DOMAIN, poor, 0, 0, Mix((0.0,) * 7 + (1.0,)))


def test_a_world_is_found_again_from_its_seed_and_kept() -> None:
    small = DOMAIN.world(2, SMALL)
    worlds = Worlds()
    found = worlds.find(small.ref)
    assert found.ref == small.ref
    assert found is worlds.find(small.ref)


def test_a_world_is_found_in_its_file_before_any_is_generated(tmp_path: Path) -> None:
    small = DOMAIN.world(2, SMALL)
    save_world(small, tmp_path / "world.json")
    worlds = Worlds((tmp_path / "world.json",))
    unseeded = replace(small.ref, seed=None, size={})
    assert worlds.find(unseeded).ref.fingerprint == small.ref.fingerprint
    assert worlds.find(unseeded) is worlds.find(small.ref)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"fingerprint": "f" * 16}, "fingerprint ffffffffffffffff, but retail seed 2 now generates"),
        ({"seed": 3}, "now generates"),
        ({"seed": None, "fingerprint": "0" * 16}, "name its file with --world"),
        ({"size": {"users": 0}, "fingerprint": "0"}, "0 users"),
        ({"size": {"parcels": 1}, "fingerprint": "0"}, "no table 'parcels'"),
    ],
)
def test_a_world_that_cannot_be_found_is_one_error(change: dict[str, Any], says: str) -> None:
    small = DOMAIN.world(2, SMALL)
    with pytest.raises(InputError, match=says):
        Worlds().find(replace(small.ref, **change))


def test_hints_do_not_hold_what_only_the_database_knows() -> None:
    """Ids in a task's hints are marked as exact, so that they can be counted; they stay rare."""
    hints = [hint for task in tasks() for one in task.requests for hint in inside(one)]
    for hint in hints:
        assert ("id" in hint.values) == (hint.form == "exact") == hint.exact
    assert sum(hint.exact for hint in hints) < 0.05 * len(hints)


def inside(one: Request | Hint) -> Iterator[Hint]:
    if isinstance(one, Request):
        for hint in one.hints:
            yield from inside(hint)
        return
    yield one
    for value in one.values.values():
        for part in value if isinstance(value, tuple) else ():
            yield from inside(part)


def test_addresses_are_compared_whole() -> None:
    """The sampler's uniqueness is one of addresses, not of cities."""
    for task in tasks():
        for one in task.requests:
            for hint in one.hints:
                if hint.form == "other_order":
                    (found,) = resolved(hint, view_of(task), None)
                    assert isinstance(found, Address)
                    assert found.city == hint.values["city"]
