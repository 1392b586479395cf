"""What is drawn: every kind of request, in the numbers asked for, the same bytes everywhere."""

import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cove_rl.domains.airline.preferences import FILE, preferences, read_preferences
from cove_rl.domains.airline.sampling.customer import ALLOWED, FORBIDDEN, LAST
from cove_rl.errors import InputError
from cove_rl.sandbox import read_text, read_yaml
from cove_rl.tasks.sampler import Mix, draw_task
from cove_rl.tasks.task import decode_task, encode_task, is_actionable

from .shelf import DOMAIN, inside, requests, tasks, world

SMALL = {"flights": 120, "users": 60, "reservations": 240}
PROGRAM = f"""
from cove_rl.tasks.sampler import Mix, draw_task
from cove_rl.tasks.task import encode_task
from cove_rl.world.domain import get_domain
domain = get_domain("airline")
world = domain.world(2, {SMALL!r})
drawn = {{index: draw_task(domain, world, 6, index, 0, Mix()) for index in reversed(range(60))}}
for index in range(60):
    print("none" if drawn[index] is None else encode_task(drawn[index]).decode())
"""


def test_tasks_are_the_same_bytes_in_any_process_and_order() -> None:
    small = DOMAIN.world(2, SMALL)
    tasks = [draw_task(DOMAIN, small, 6, index, 0, Mix()) for index in range(60)]
    here = ["none" if task is None else encode_task(task).decode() for task in tasks]
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    command = [sys.executable, "-c", PROGRAM]
    there = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.splitlines()
    same = there == here
    assert same
    assert here.count("none") < 30


def test_tasks_survive_json() -> None:
    for task in tasks():
        again = decode_task(encode_task(task))
        same = again == task
        assert same


def test_every_kind_of_goal_is_drawn() -> None:
    kinds = {request.constraint.kind for _, request in requests()}
    assert kinds == {str(kind.__struct_config__.tag) for kind in DOMAIN.constraints}


def test_every_kind_of_request_has_a_weight_and_a_way_to_draw_it() -> None:
    assert preferences().kinds.keys() == {*ALLOWED, *FORBIDDEN, LAST}


SPOILED = {
    "a form too many": ("payment:", "payment:\n  cash: 3", "payment has weights for cash"),
    "a form too few": ("route_date: 3, ", "", "reservation has weights for route, companion, cabin"),
    "no weight at all": ("{1: 4, 2: 3, 3: 2, 4: 1}", "{1: 0}", "more_bags has no weight above zero"),
    "a share above 1": ("split_share: 0.4", "split_share: 4", "split_share"),
    "a number nobody asked for": ("most_days: 3", "most_days: 3\nfewest_days: 1", "fewest_days"),
    "a range that ends before it starts": ("{least: 1, most: 5}", "{least: 5, most: 1}", "5 down to 1"),
    "no yaml": ("kinds:", "kinds: [", "YAML"),
}


@pytest.mark.parametrize("spoiled", SPOILED)
def test_a_mistake_in_the_weights_is_one_error_that_names_it(spoiled: str) -> None:
    old, new, says = SPOILED[spoiled]
    text = read_text(FILE)
    assert old in text
    with pytest.raises(InputError, match=says) as caught:
        read_preferences(text.replace(old, new, 1))
    assert "\n" not in str(caught.value)


def test_every_act_and_form_the_customers_have_words_for_is_drawn() -> None:
    """And no other: `speech.yaml` and what is drawn go together."""
    phrases = read_yaml("airline/speech.yaml")["phrases"]
    acts = {request.act for _, request in requests()}
    assert acts == read_yaml("airline/speech.yaml")["acts"].keys() - {"inform"}
    drawn = {
        (hint.slot, hint.form) for task, request in requests() for hint in inside((*task.identity, *request.hints))
    }
    worded = {(slot, form) for slot, forms in phrases.items() for form in forms}
    assert drawn - worded == set()
    assert worded - drawn == set()


def test_a_task_has_something_to_do_and_at_most_one_transfer_at_the_end() -> None:
    for task in tasks():
        assert any(is_actionable(one) for one in task.constraints)
        assert not any(one.transfer for one in task.constraints[:-1])


def test_a_reservation_takes_one_request_but_for_its_passengers() -> None:
    """And a claim for the delay that a change of flights has just evaded."""
    for task in tasks():
        seen: dict[str, list[str]] = {}
        for one in task.constraints:
            seen.setdefault(getattr(one, "reservation_id", ""), []).append(one.kind)
        beside = {"change_flights", "change_cabin", "add_bags"}
        for kinds in (kinds for key, kinds in seen.items() if isinstance(key, str) and key):
            assert len(kinds) == 1 or (len(kinds) == 2 and "change_passengers" in kinds and beside & set(kinds)), kinds


def test_one_claim_is_paid_per_customer() -> None:
    for task in tasks():
        assert [one.kind for one in task.constraints].count("send_certificate") <= 1


def test_the_number_of_requests_follows_the_mix() -> None:
    found = [len(task.requests) for task in tasks()]
    assert set(found) == {1, 2, 3, 4, 5}
    for number, weight in enumerate(Mix().weights, start=1):
        assert abs(found.count(number) / len(found) - weight / sum(Mix().weights)) < 0.08


@given(st.integers(1, 5), st.integers(0, 500))
@settings(max_examples=40)
def test_no_more_requests_than_asked_for(count: int, index: int) -> None:
    mix = Mix(tuple(float(number == count) for number in range(1, 6)))
    task = draw_task(DOMAIN, world(), 0, index, 0, mix)
    assert task is None or len(task.requests) <= count


def test_hardly_an_attempt_leads_nowhere() -> None:
    found = [draw_task(DOMAIN, world(), 0, index, 0, Mix()) for index in range(300)]
    assert found.count(None) < 75


@pytest.mark.parametrize("size", [(1, 3, 1), (2, 1, 1), (3, 5, 20), (300, 1, 1)])
def test_a_poor_world_yields_fewer_tasks_and_no_error(size: tuple[int, int, int]) -> None:
    poor = DOMAIN.world(1, dict(zip(("flights", "users", "reservations"), size, strict=True)))
    found = [draw_task(DOMAIN, poor, 0, index, 0, Mix()) for index in range(60)]
    assert found.count(None) < len(found) or size[0] < 3
    assert all(any(map(is_actionable, task.constraints)) for task in found if task is not None)
