"""Kinds of users side by side: the same tasks, faults found by the audit, times and wordings counted."""

import json

import pytest
from typer.testing import CliRunner

from cove_rl.cli.main import app
from cove_rl.evaluation.compared import Compared, compare
from cove_rl.synth.tasks import Sampling
from cove_rl.tasks.difficulty import Difficulty
from cove_rl.tasks.task import Task
from cove_rl.tasks.worlds import Worlds
from cove_rl.users.kinds import make_users, user_from_text
from cove_rl.world.domain import get_domain

WORLD = get_domain("retail").world(5, {"users": 60, "orders": 140})


@pytest.fixture(scope="module")
def tasks() -> list[Task]:
    return [one.solved.task for one in Sampling(WORLD.ref, 5, Difficulty())(list(range(12)))]


async def compared(text: str, tasks: list[Task], together: int = 4) -> tuple[Compared, int]:
    advanced: list[int] = []
    worlds = Worlds()
    users = make_users(user_from_text(text))
    found = await compare(text, users, tasks, worlds, together, lambda: advanced.append(1))
    return found, len(advanced)


async def test_who_makes_no_mistakes_has_every_task_solved(tasks: list[Task]) -> None:
    for text in ("scripted", "hybrid strict=true spoil=0.3"):
        found, advanced = await compared(text, tasks)
        assert (found.user, found.tasks, found.solved, advanced) == (text, 12, 12, 12)
        assert (found.faults, found.culprits, found.cost, found.spent.calls) == ({}, {}, 0.0, 0)
        assert found.user_turns >= 2
        assert 0 <= found.p50 <= found.p95


async def test_wordings_are_counted_where_there_are_any(tasks: list[Task]) -> None:
    scripted, _ = await compared("scripted", tasks)
    hybrid, _ = await compared("hybrid strict=true spoil=1", tasks)
    assert scripted.wordings is None
    assert hybrid.wordings is not None
    assert hybrid.wordings.accepted == 0
    assert hybrid.wordings.faults.total() == hybrid.wordings.sentences > 0
    assert hybrid.user_turns == scripted.user_turns


async def test_faults_are_found_and_blamed_on_the_user(tasks: list[Task]) -> None:
    found, _ = await compared("faulty", tasks)
    assert sum(found.faults.values()) > 0
    assert found.culprits == {"user": found.tasks - found.solved}


async def test_how_many_play_at_a_time_changes_nothing(tasks: list[Task]) -> None:
    one, many = [(await compared("hybrid", tasks, together))[0] for together in (1, 12)]
    assert (one.solved, one.faults, one.culprits) == (many.solved, many.faults, many.culprits)
    assert (one.user_turns, one.wordings) == (many.user_turns, many.wordings)


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["users", "compare", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_the_command_prints_tables_or_json() -> None:
    code, out, _ = run("scripted", "hybrid strict=true spoil=0.5", "-n", "4", "--difficulty", "easy")
    assert code == 0
    assert "4 tasks, served by the oracle" in out
    assert "Wordings that were not said, and why" in out
    code, out, _ = run("scripted", "-n", "4", "--json")
    (found,) = json.loads(out)
    assert (code, found["user"], found["tasks"], found["solved"], found["wordings"]) == (0, "scripted", 4, 4, None)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nobody"], "nobody"),
        (["scripted", "--difficulty", "extreme"], "extreme"),
        (["scripted", "--tasks", "no-such-file.jsonl"], "no-such-file"),
        (["hybrid spoil=7"], "spoil"),
    ],
)
def test_what_is_wrong_is_one_line(arguments: list[str], words: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (1, "")
    assert words in err
    assert len(err.strip().splitlines()) == 1
