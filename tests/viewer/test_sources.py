"""Every kind of file the viewer reads: what the list says of it, what it shows, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cove_rl.errors import InputError
from cove_rl.evaluation.reward import Grade
from cove_rl.evaluation.reward import Part as GradePart
from cove_rl.evaluation.trials import Trial
from cove_rl.tasks.task import encode_task
from cove_rl.verify.verifier import verify
from cove_rl.viewer.opening import collect

from .samples import examples, tasks, world, write

MEMBERS = examples()[:-1]


def test_an_examples_row_is_its_facts(tmp_path: Path) -> None:
    cards = collect([write(tmp_path / "kept-00.jsonl", examples())]).cards
    for card, one in zip(cards, examples(), strict=True):
        facts = one.facts
        assert (card.domain, card.agent, card.user) == (facts.domain, facts.teacher, facts.user)
        assert (card.score, card.success, card.kinds) == (facts.score, facts.success, facts.kinds)
        assert (card.ending, card.culprit or None) == (facts.ending, facts.culprit)
        assert (card.turns, card.calls, card.redundant) == (facts.turns, facts.calls, facts.redundant)
    assert cards[3].place == f"{tmp_path / 'kept-00.jsonl'}, line 4"


def test_a_conversation_shows_what_the_verifier_says(tmp_path: Path) -> None:
    collection = collect([write(tmp_path / "one.jsonl", MEMBERS)])
    for number, one in enumerate(MEMBERS):
        verdict, shown = verify(one.task, world(one.task.domain), one.trajectory.calls()), collection.detail(number)
        assert [(check.met, check.reason, check.calls) for check in shown.checks] == [
            (constraint.satisfied, constraint.reason, constraint.calls) for constraint in verdict.constraints
        ]
        calls = [call for turn in shown.turns for call in turn.calls]
        assert [call.number for call in calls] == list(range(len(calls)))
        redundant = {call.number: call.redundant for call in calls if call.redundant}
        assert redundant == {write.call: write.reason for write in verdict.redundant_writes}
        for call in calls:
            assert call.meets == tuple(place for place, check in enumerate(shown.checks) if call.number in check.calls)
        assert sum(call.failed for call in calls) == verdict.failed
        assert bool(shown.changes) == any(call.kind == "write" and not call.failed for call in calls)


def test_trajectories_get_a_verdict_from_their_tasks(tmp_path: Path) -> None:
    write(tmp_path / "runs.jsonl", [one.trajectory for one in MEMBERS])
    (tmp_path / "tasks.jsonl").write_bytes(b"".join(encode_task(one.task) + b"\n" for one in MEMBERS))
    for opened in (collect([tmp_path]), collect([tmp_path / "runs.jsonl"], [tmp_path / "tasks.jsonl"])):
        assert [card.score for card in opened.cards] == [one.facts.score for one in MEMBERS]
        assert [card.faults for card in opened.cards] == [one.facts.user_faults for one in MEMBERS]


def test_trajectories_alone_show_all_but_the_verdict(tmp_path: Path) -> None:
    opened = collect([write(tmp_path / "runs.jsonl", [MEMBERS[0].trajectory])])
    assert opened.cards[0].score is None
    shown = opened.detail(0)
    assert shown.checks == ()
    assert shown.changes
    assert "name its file with --tasks" in shown.notes[0]


def test_a_world_that_is_not_to_be_had_costs_only_what_needs_it(tmp_path: Path) -> None:
    one = MEMBERS[0]
    elsewhere = msgspec.structs.replace(one.task.world, seed=None)
    task = msgspec.structs.replace(one.task, world=elsewhere)
    trajectory = msgspec.structs.replace(one.trajectory, world=elsewhere)
    lost = msgspec.structs.replace(one, task=task, trajectory=trajectory)
    shown = collect([write(tmp_path / "one.jsonl", [lost])]).detail(0)
    assert len(shown.turns) == sum(message.role != "tool" for message in one.trajectory.messages)
    assert shown.changes is None
    assert "--world" in shown.notes[0]


def trial(number: int, **changes: Any) -> Trial:
    """Return a trial of a task of ours."""
    one = MEMBERS[0]
    verdict = verify(one.task, world("retail"), one.trajectory.calls())
    fields = {"task": one.task, "trajectory": one.trajectory, "facts": one.facts, "verdict": verdict, **changes}
    return Trial(one.task.id, number, fields.pop("success", True), fields.pop("score", 1.0), **fields)


def test_trials_of_an_evaluation(tmp_path: Path) -> None:
    grade = Grade(0.0, (GradePart("DB", False, "the database differs"), GradePart("NL_ASSERTION", None)))
    trials = [
        trial(0),
        trial(1, success=None, score=None, excluded="the user failed"),
        trial(2, success=False, score=0.0, task=None, facts=None, verdict=None, grade=grade),
        trial(3, success=None, score=None, excluded="no answer", trajectory=None, facts=None, verdict=None, task=None),
    ]
    write(tmp_path / "trials.jsonl", trials)
    (tmp_path / "run.json").write_text("{}")
    opened = collect([tmp_path])
    assert [card.success for card in opened.cards] == [True, None, False, None]
    assert opened.cards[1].task == f"{MEMBERS[0].task.id}, trial 1"
    assert [check.met for check in opened.detail(2).checks] == [False, None]
    assert opened.detail(1).notes[0] == opened.detail(3).notes[0].replace("no answer", "the user failed")
    assert opened.detail(0).checks[0].met


DUMP = {
    "input": "system\n# Policy\nuser\n is a word\nassistant\nHi!\nuser\nCancel my order.\nassistant\n",
    "output": 'One moment.<tool_call>\n{"name": "get_order_details", "arguments": {"order_id": "#W1"}}\n</tool_call>\n'
    "user\n<tool_response>\nError: no such order\n</tool_response>\nassistant\n<tool_call>\nnot json\n</tool_call>",
    "gts": "retail-4-0",
    "score": 0.5,
    "step": 3,
    "uid": "a_0_0",
    "success": 0.0,
    "satisfied": 0.5,
    "redundant": 1.0,
    "has/cancel_order": 1.0,
    "has/hand_over": 0.0,
    "ended/user_stop": 1.0,
    "ended/transfer": 0.0,
    "user_blamed": 0.0,
    "user_fault/rubbish": 0.0,
}


def test_dumps_of_verl_are_cut_into_messages(tmp_path: Path) -> None:
    for step in (10, 9):
        write(tmp_path / f"{step}.jsonl", [{**DUMP, "step": step}])
    opened = collect([tmp_path])
    assert [card.task for card in opened.cards] == ["retail-4-0, step 9", "retail-4-0, step 10"]
    card, shown = opened.cards[0], opened.detail(0)
    assert (card.score, card.success, card.calls, card.redundant) == (0.5, False, 2, 1)
    assert (card.kinds, card.ending, card.faults) == (("cancel_order",), "user_stop", ())
    assert [turn.role for turn in shown.turns][-3:] == ["user", "assistant", "assistant"]
    made, unread = (call for turn in shown.turns for call in turn.calls)
    assert (made.name, made.failed, json.loads(made.arguments)) == ("get_order_details", True, {"order_id": "#W1"})
    assert (unread.name, unread.arguments) == ("", "not json")
    assert {part.name: part.value for part in shown.parts}["satisfied"] == 0.5


def test_calls_whose_marks_verl_left_out_are_calls_still(tmp_path: Path) -> None:
    call = '{"name": "get_order_details", "arguments": {"order_id": "#W1"}}'
    output = f"\n{call}\n\nuser\n\nError: no such order\n\nassistant\nWhich one?\nuser\nThe lamp.\n"
    shown = collect([write(tmp_path / "1.jsonl", [{**DUMP, "output": output}])]).detail(0)
    assert [(turn.role, turn.text) for turn in shown.turns][-3:] == [
        ("assistant", ""),
        ("assistant", "Which one?"),
        ("user", "The lamp."),
    ]
    (made,) = (one for turn in shown.turns for one in turn.calls)
    assert (made.name, made.result, made.failed) == ("get_order_details", "Error: no such order", True)


RUN = {
    "id": "sim-1",
    "task_id": "17",
    "trial": 2,
    "termination_reason": "user_stop",
    "messages": [
        {"role": "assistant", "content": "Hi!"},
        {"role": "user", "content": "Cancel it."},
        {"role": "assistant", "tool_calls": [{"id": "a", "name": "cancel", "arguments": {"order_id": "#W1"}}]},
        {"role": "tool", "id": "a", "content": "Error: not found", "error": True},
    ],
    "reward_info": {
        "reward": 0.0,
        "db_check": {"db_match": False},
        "action_checks": [{"action": {"name": "cancel", "arguments": {"order_id": "#W1"}}, "action_match": True}],
        "communicate_checks": [{"info": "4.50", "met": False, "justification": "never said"}],
        "reward_breakdown": {"DB": 0.0},
    },
}
INFO = {"environment_info": {"domain_name": "retail"}, "agent_info": {"llm": "a-model"}, "user_info": {"llm": "b"}}


@pytest.mark.parametrize("indent", [None, 2])
def test_result_files_of_the_benchmark(tmp_path: Path, indent: int | None) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"info": INFO, "tasks": [], "simulations": [RUN, RUN]}, indent=indent))
    opened = collect([path])
    card, shown = opened.cards[1], opened.detail(1)
    assert (card.task, card.domain, card.agent, card.user) == ("task 17, trial 2", "retail", "a-model", "b")
    assert (card.score, card.success, card.ending) == (0.0, False, "user_stop")
    assert [(check.kind, check.met, check.calls) for check in shown.checks] == [
        ("database", False, ()),
        ("action", True, (0,)),
        ("communicate", False, ()),
    ]
    assert shown.checks[2].reason == "4.50: never said"
    assert [call.failed for turn in shown.turns for call in turn.calls] == [True]


@pytest.mark.parametrize("domain", ["retail", "airline", "telecom"])
def test_every_recorded_run_of_the_benchmark_can_be_shown(tau2: Path, domain: str) -> None:
    path = tau2 / "trajectories" / f"{domain}.jsonl"
    opened = collect([path])
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [card.score for card in opened.cards] == [line["reward_info"]["reward"] for line in lines]
    for number in range(0, len(opened), 7):
        calls = [call for turn in opened.detail(number).turns for call in turn.calls]
        assert len(calls) == opened.cards[number].calls
        assert all(call.result is not None for call in calls)


def test_what_is_of_no_known_kind_is_refused_by_name(tmp_path: Path) -> None:
    path = write(tmp_path / "other.jsonl", [{"hello": "world"}])
    with pytest.raises(InputError, match=r"other\.jsonl is of no kind the viewer reads: trials, examples"):
        collect([path])
    with pytest.raises(InputError, match="no conversation in"):
        collect([tmp_path])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"holds no \.jsonl file"):
        collect([tmp_path / "empty"])
    with pytest.raises(InputError, match="cannot read"):
        collect([tmp_path / "absent.jsonl"])


def test_a_record_of_another_kind_is_named_by_its_line(tmp_path: Path) -> None:
    path = write(tmp_path / "one.jsonl", [MEMBERS[0], {"hello": "world"}])
    with pytest.raises(InputError, match=r"one\.jsonl, line 2: an example"):
        collect([path])


def test_a_line_that_is_still_being_written_is_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "one.jsonl", MEMBERS[:2])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2 + 5000][: whole.index(b"\n") + 300])
    assert len(collect([path])) == 1
    path.write_bytes(whole.rstrip(b"\n"))
    assert len(collect([path])) == 2


def test_a_file_that_has_changed_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "one.jsonl", MEMBERS[:2])
    opened = collect([path])
    path.write_bytes(b"")
    with pytest.raises(InputError, match="has changed since it was opened"):
        opened.detail(1)
    with pytest.raises(InputError, match="there is no conversation 2"):
        opened.detail(2)


def test_search_reads_texts_and_not_the_names_of_fields(tmp_path: Path) -> None:
    opened = collect([write(tmp_path / "one.jsonl", examples())])
    assert list(opened.search("שלום, אני")) == [len(examples()) - 1]
    assert list(opened.search("CoNtEnT_nobody_says")) == []
    assert list(opened.search("unconfirmed")) == []
    assert list(opened.search('document.title="')) == list(opened.search("no\\such")) == []
    order = next(call for call in MEMBERS[0].trajectory.calls() if call.name.startswith("get_")).arguments
    assert isinstance(order, dict)
    assert 0 in opened.search(str(next(iter(order.values()))).upper())
    assert list(opened.search("")) == list(range(len(examples())))


def test_tasks_that_have_no_conversation_are_none(tmp_path: Path) -> None:
    path = tmp_path / "tasks.jsonl"
    path.write_bytes(b"".join(encode_task(one) + b"\n" for one in tasks("retail", 2)))
    with pytest.raises(InputError, match="no conversation in"):
        collect([path])
