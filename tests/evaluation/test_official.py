"""The benchmark's tasks on our engine: what is loaded, how a conversation runs and ends, and what it earns."""

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from cove_rl.agents.kinds import agent_from_text
from cove_rl.agents.settings import OracleSettings
from cove_rl.episode.sides import Agent, User
from cove_rl.episode.trajectory import Message
from cove_rl.errors import InputError
from cove_rl.evaluation.evaluate import Effort, evaluate
from cove_rl.evaluation.official import RecordedTask
from cove_rl.evaluation.official_episode import OfficialEpisode, OfficialLimits
from cove_rl.evaluation.official_player import OfficialPlayer, official_evaluation
from cove_rl.evaluation.official_suite import ASSERTED, JUDGED, PREPARED, official_suite, scenario_text
from cove_rl.evaluation.suite import Case
from cove_rl.evaluation.trials import Trial
from cove_rl.files import decode_json
from cove_rl.users.kinds import user_from_text
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import get_domain
from cove_rl.world.state import State
from tests.endpoints.server import Server

RETAIL = get_domain("retail")
WORLD = RETAIL.world(5, {"users": 20, "orders": 40}, behaviour="benchmark")
ORDER = next(
    order for order in WORLD.rows(RETAIL.tables["orders"]).values() if getattr(order, "status", "") == "pending"
)
CANCEL = {
    "action_id": "0",
    "name": "cancel_pending_order",
    "arguments": {"order_id": getattr(ORDER, "order_id", ""), "reason": "no longer needed"},
}
READ = {"action_id": "1", "name": "get_order_details", "arguments": {"order_id": getattr(ORDER, "order_id", "")}}


def _task(task_id: str, basis: Sequence[str] = ("DB", "COMMUNICATE"), **fields: Any) -> dict[str, Any]:
    criteria = {"actions": [READ, CANCEL], "communicate_info": ["42"], "reward_basis": list(basis), **fields}
    scenario = {
        "persona": None,
        "instructions": {"reason_for_call": "You want to cancel.", "known_info": "You are Mei."},
    }
    return {"id": task_id, "user_scenario": scenario, "initial_state": None, "evaluation_criteria": criteria}


TASKS = [
    _task("plain"),
    _task("judged", ("DB", "NL_ASSERTION"), nl_assertions=["It is polite."]),
    _task("unjudged", ("DB", "NL_ASSERTION"), nl_assertions=[]),
    {**_task("prepared"), "initial_state": {"initialization_actions": [{}]}},
    _task("asserted", ("ENV_ASSERTION",), env_assertions=[{}]),
    {**_task("free"), "evaluation_criteria": None},
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with made-up tasks on a small world."""
    path = tmp_path_factory.mktemp("data")
    folder = path / "domains" / "retail"
    folder.mkdir(parents=True)
    tables = {name: WORLD.tables[kind] for name, kind in RETAIL.tables.items()}
    (folder / "db.json").write_bytes(msgspec.json.encode(tables))
    (folder / "tasks.json").write_text(json.dumps(TASKS))
    (folder / "split_tasks.json").write_text(
        json.dumps({"base": [task["id"] for task in TASKS], "test": ["free", "plain"]})
    )
    (folder / "policy.md").write_text("The official policy.")
    return path


class Lines:
    """Says its lines, one after the other, and the last one for ever."""

    name = "lines"

    def __init__(self, *lines: Message) -> None:
        self.lines = list(lines)
        self.heard: list[list[Message]] = []

    async def reply(self, conversation: Sequence[Message]) -> Message:
        return self._next(conversation)

    async def act(self, conversation: Sequence[Message]) -> Message:
        return self._next(conversation)

    def _next(self, conversation: Sequence[Message]) -> Message:
        self.heard.append(list(conversation))
        return self.lines.pop(0) if len(self.lines) > 1 else self.lines[0]


def says(text: str) -> Message:
    return Message("assistant", text)


def asks(text: str) -> Message:
    return Message("user", text)


def calls(*names: dict[str, Any], text: str = "") -> Message:
    made = [ToolCall(f"c{place}", one["name"], one["arguments"]) for place, one in enumerate(names)]
    return Message("assistant", text, tuple(made))


STOP = asks("Thanks. ###STOP###")
WRONG = {"name": "get_order_details", "arguments": {"order_id": "#W0"}}


def _played(agent: Lines, user: Lines, **limits: int) -> OfficialEpisode:
    episode = OfficialEpisode(RETAIL, State(WORLD), OfficialLimits(**limits))
    asyncio.run(episode.play(agent, user))
    return episode


# Conversations.


@pytest.mark.parametrize("stop", ["###STOP###", "###TRANSFER###", "###OUT-OF-SCOPE###"])
def test_the_user_ends_a_conversation_and_hears_no_calls(stop: str) -> None:
    agent, user = Lines(calls(READ, text="aside"), says("One moment.")), Lines(asks("Hello."), asks(f"Bye {stop}"))
    episode = _played(agent, user)
    assert episode.termination == "user_stop"
    assert [message.role for message in episode.messages] == [
        "assistant",
        "user",
        "assistant",
        "tool",
        "assistant",
        "user",
    ]
    assert [message.content for message in user.heard[-1]] == [episode.messages[0].content, "Hello.", "One moment."]
    assert len(agent.heard[-1]) == 4


def test_a_transfer_of_the_agent_ends_nothing() -> None:
    transfer = {"name": "transfer_to_human_agents", "arguments": {"summary": "s"}}
    episode = _played(Lines(calls(transfer), says("Transferred.")), Lines(asks("Hello."), STOP))
    assert episode.termination == "user_stop"
    assert "Transfer successful" in episode.messages[3].content


@pytest.mark.parametrize(
    ("steps", "termination", "messages"),
    [
        (6, "user_stop", 6),  # user, agent calls, tools, agent, user: five steps
        (5, "max_steps", 6),  # the limit overrides the stop of the same step
        (4, "max_steps", 5),
        (3, "max_steps", 4),
        (2, "max_steps", 4),  # not looked at between a call and its result
        (1, "max_steps", 2),
    ],
)
def test_steps_are_counted_as_the_benchmark_does(steps: int, termination: str, messages: int) -> None:
    episode = _played(Lines(calls(READ), says("Done.")), Lines(asks("Hello."), STOP), steps=steps)
    assert (episode.termination, len(episode.messages)) == (termination, messages)


def test_failed_calls_are_counted_in_all_and_end_it_at_the_tenth() -> None:
    episode = _played(
        Lines(calls(WRONG, READ, WRONG), says("?"), calls(WRONG), says("?")), Lines(asks("Hello.")), errors=3
    )
    assert episode.termination == "too_many_errors"
    assert sum(message.error for message in episode.messages) == 3
    assert OfficialLimits() == OfficialLimits(steps=200, errors=10)


# Suites.


def test_what_cannot_be_graded_here_is_left_out_with_the_reason(data: Path) -> None:
    suite = official_suite(data, "retail")
    assert [case.task_id for case in suite.cases] == ["plain", "unjudged", "free"]
    assert suite.ref.left_out == {"judged": JUDGED, "prepared": PREPARED, "asserted": ASSERTED}
    assert (suite.ref.name, suite.ref.split, suite.ref.tasks) == ("tau2:retail", "base", 3)


def test_without_a_judge_the_others_parts_decide(data: Path) -> None:
    suite = official_suite(data, "retail", judge=False)
    assert [case.task_id for case in suite.cases] == ["plain", "judged", "unjudged", "free"]
    assert suite.ref.split == "base without a judge"
    assert suite.ref.fingerprint != official_suite(data, "retail").ref.fingerprint


def test_splits_and_numbers_choose_tasks(data: Path) -> None:
    assert [case.task_id for case in official_suite(data, "retail", "test").cases] == ["free", "plain"]
    assert [case.task_id for case in official_suite(data, "retail", tasks=1).cases] == ["plain"]
    with pytest.raises(InputError, match="no split 'dev'; it has base, test"):
        official_suite(data, "retail", "dev")


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("tasks.json", "{", "tasks.json"),
        ("tasks.json", "[]", "has no task 'plain'"),
        ("split_tasks.json", '{"base": []}', "no task of split 'base' can be played"),
    ],
)
def test_unusable_files_are_named(data: Path, tmp_path: Path, name: str, content: str, fault: str) -> None:
    folder = tmp_path / "domains" / "retail"
    folder.mkdir(parents=True)
    for file in (data / "domains" / "retail").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / name).write_text(content)
    with pytest.raises(InputError, match=fault):
        official_suite(tmp_path, "retail")


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*tasks\.json"):
        official_suite(tmp_path, "retail")


def test_a_scenario_becomes_text() -> None:
    assert scenario_text(TASKS[0]["user_scenario"]) == (
        "Instructions:\nReason for call:\nYou want to cancel.\nKnown info:\nYou are Mei."
    )
    assert scenario_text("as it is") == "as it is"


# Rewards.


class Sides(msgspec.Struct, frozen=True):
    """Both sides as functions of the task."""

    make_agent: Callable[[str], Agent]
    make_user: Callable[[RecordedTask], User]

    def agent(self, domain: str, seed: str) -> Agent:
        return self.make_agent(seed)

    def user(self, task: RecordedTask, seed: str) -> User:
        return self.make_user(task)


def _trial(data: Path, task_id: str, *lines: Message, user: User | None = None, judge: bool = True) -> Trial:
    sides = Sides(lambda seed: Lines(*lines), lambda task: user or Lines(asks("Hello."), STOP))
    player = OfficialPlayer(sides, data, "retail", OfficialLimits(), 1, 0, judge)
    case = Case(task_id, json.dumps(next(task for task in TASKS if task["id"] == task_id)).encode())
    return asyncio.run(player.play(case, 0))


def test_the_reward_is_the_benchmarks(data: Path) -> None:
    good, silent, idle = calls(READ, CANCEL), says("Done."), says("It is 4,2.")
    assert _trial(data, "plain", good, idle).success
    assert _trial(data, "plain", good, silent).score == 0.0
    assert _trial(data, "plain", idle).score == 0.0
    assert _trial(data, "plain", calls(CANCEL, text="42"), silent).success
    assert _trial(data, "free", silent).success
    found = _trial(data, "plain", idle)
    assert found.grade is not None
    assert {part.basis: part.met for part in found.grade.parts} == {"DB": False, "COMMUNICATE": True}
    assert found.grade.kinds == ("cancel_pending_order",)
    assert (found.attempts, found.excluded, found.task) == (1, "", None)


def test_a_judges_part_that_nobody_decides_leaves_a_trial_out_unless_it_failed_anyway(data: Path) -> None:
    good, idle = calls(CANCEL), says("Done.")
    assert "NL_ASSERTION" in _trial(data, "judged", good, idle).excluded
    assert _trial(data, "judged", idle).score == 0.0
    assert _trial(data, "judged", good, idle, judge=False).success


class Broken:
    name = "broken"

    async def reply(self, conversation: Sequence[Message]) -> Message:
        raise TimeoutError("late")

    async def act(self, conversation: Sequence[Message]) -> Message:
        raise TimeoutError("late")


def test_a_failure_of_others_is_tried_again_and_then_excluded(data: Path) -> None:
    found = _trial(data, "plain", says("Done."), user=Broken())
    assert (found.success, found.score, found.attempts) == (None, None, 2)
    assert found.excluded == "user_failure, the user's failure: TimeoutError: late"
    sides = Sides(
        lambda seed: Broken() if "again" not in seed else Lines(says("42")), lambda task: Lines(asks("Hi"), STOP)
    )
    player = OfficialPlayer(sides, data, "retail", OfficialLimits(), 1, 0)
    healed = asyncio.run(player.play(official_suite(data, "retail").cases[0], 0))
    assert (healed.score, healed.attempts) == (0.0, 2)


class Gold(Lines):
    """Makes the expected calls and gives the expected information."""

    def __init__(self, task: RecordedTask) -> None:
        criteria = task.criteria
        assert criteria is not None
        made = [Message("assistant", calls=(action.call,)) for action in criteria.actions or ()]
        super().__init__(*made, says(" ".join(criteria.communicate) or "Done."))


@pytest.mark.parametrize(("domain", "gradable", "all_tasks"), [("retail", 74, 114), ("airline", 50, 50)])
def test_the_expected_calls_earn_the_reward_of_every_official_task(
    tau2: Path, domain: str, gradable: int, all_tasks: int
) -> None:
    for judge, count in ((True, gradable), (False, all_tasks)):
        suite = official_suite(tau2, domain, judge=judge)
        assert len(suite.cases) == count
        assert len(suite.cases) + len(suite.ref.left_out) == all_tasks
        missed = []
        for case in suite.cases:
            gold = Gold(decode_json(case.task, RecordedTask, case.task_id))
            sides = Sides(lambda seed, gold=gold: gold, lambda task: Lines(asks("Hello."), STOP))  # type: ignore[misc]
            player = OfficialPlayer(sides, tau2, domain, OfficialLimits(), 0, 0, judge)
            if not asyncio.run(player.play(case, 0)).success:
                missed.append(case.task_id)
        assert missed == []


# Served models on both sides.


def _reply(body: dict[str, Any]) -> str:
    """Play either side: the user has no tools."""
    if body.get("tools") is None:
        return "I want to cancel." if len(body["messages"]) < 3 else "Thanks. ###STOP###"
    return "It is 42."


def test_served_models_play_with_the_official_policy_and_scenario(data: Path, tmp_path: Path) -> None:
    with Server(_reply) as server:
        text = f"openai endpoint.url={server.url} endpoint.model=m"
        agent, user = agent_from_text(text), user_from_text(text)
        suite = official_suite(data, "retail")
        planned = official_evaluation(suite, data, agent, user, Effort(trials=2))
        found = evaluate(planned, tmp_path, together=4)
        bodies = server.bodies
    assert (found.planned, found.scored) == (6, 6)
    assert {line.task_id: line.successes for line in found.tasks} == {"plain": 0, "unjudged": 0, "free": 2}
    assert found.parts["DB"].held == 0
    assert found.parts["COMMUNICATE"].rate == 1.0
    assert found.kinds["cancel_pending_order"].total == 4
    agents = [body for body in bodies if body.get("tools")]
    users = [body for body in bodies if not body.get("tools")]
    assert {body["messages"][0]["content"] for body in agents} == {"The official policy."}
    assert all("You want to cancel." in body["messages"][0]["content"] for body in users)
    assert all("###TRANSFER###" in body["messages"][0]["content"] for body in users)
    assert len({body["seed"] for body in agents}) == 6


def test_the_benchmarks_guidelines_are_used_where_they_are(data: Path) -> None:
    settings = "openai endpoint.url=http://a/v1 endpoint.model=m"
    suite = official_suite(data, "retail")
    agent, user = agent_from_text(settings), user_from_text(settings)
    ours = official_evaluation(suite, data, agent, user, Effort())
    folder = data / "user_simulator"
    folder.mkdir()
    (folder / "simulation_guidelines.md").write_text("Play along.")
    theirs = official_evaluation(suite, data, agent, user, Effort())
    (folder / "simulation_guidelines.md").unlink()
    folder.rmdir()
    assert ours.run.prompts["user"] != theirs.run.prompts["user"]
    assert replace(ours.run, prompts={}) == replace(theirs.run, prompts={})


def test_programs_are_refused_with_what_to_do(data: Path) -> None:
    suite = official_suite(data, "retail")
    user = user_from_text("openai endpoint.url=http://a/v1 endpoint.model=m")
    with pytest.raises(InputError, match="served models on both sides"):
        official_evaluation(suite, data, OracleSettings(), user, Effort())
