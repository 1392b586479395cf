"""A data set is verified from its file alone: worlds come from their seeds, and nothing that was altered passes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cove_rl.data.conversation import Conversation, load_conversations
from cove_rl.data.export import export_file
from cove_rl.data.reverify import Verification, reverify
from cove_rl.data.row import conversation_of, row_of
from cove_rl.episode.episode import Episode
from cove_rl.episode.trajectory import Message, Trajectory
from cove_rl.errors import InputError
from cove_rl.synth.tasks import finished
from cove_rl.tasks.worlds import Worlds
from cove_rl.users.scripted import ScriptedUser
from cove_rl.world.call import ToolCall
from cove_rl.world.world import WorldRef

from .examples import examples, of_example, world, write

Alter = Callable[[Conversation], Conversation]


def total(*conversations: Conversation) -> Verification:
    found = Verification(faults=[])
    for one in reverify(conversations, Worlds()):
        found.add(one)
    return found


def with_messages(one: Conversation, change: Callable[[Message], Message]) -> Conversation:
    messages = tuple(map(change, one.trajectory.messages))
    return msgspec.structs.replace(one, trajectory=msgspec.structs.replace(one.trajectory, messages=messages))


@pytest.mark.parametrize("form", ["examples", "verl-sft", "hf"])
def test_exports_of_both_domains_score_1_from_the_file_alone(tmp_path: Path, form: Any) -> None:
    pytest.importorskip("pyarrow", reason="needs the data extra")
    from cove_rl.data.hf import export_folder

    source = write(tmp_path / "examples.jsonl", *examples(10))
    path = tmp_path / "out.parquet"
    if form == "hf":
        export_folder({"train": load_conversations(source)}, path, title="x", licence="x")
    elif form == "verl-sft":
        export_file(source, form, path)
    found = total(*load_conversations(source if form == "examples" else path))
    assert found == Verification(conversations=10, perfect=10, faults=[])
    assert found.passed


def _forgotten(one: Conversation) -> Conversation:
    """Leave out what was done last, as if nobody had asked for it."""
    done = [m for m in one.trajectory.messages if m.calls]
    results = {call.id for call in done[-1].calls}
    kept = tuple(m for m in one.trajectory.messages if m is not done[-1] and m.call_id not in results)
    return msgspec.structs.replace(one, trajectory=msgspec.structs.replace(one.trajectory, messages=kept))


def _other_result(one: Conversation) -> Conversation:
    return with_messages(one, lambda m: msgspec.structs.replace(m, content=m.content + " ") if m.call_id else m)


def _and(one: Conversation, *more: Message) -> Conversation:
    messages = (*one.trajectory.messages, *more)
    return msgspec.structs.replace(one, trajectory=msgspec.structs.replace(one.trajectory, messages=messages))


def _one_result_more(one: Conversation) -> Conversation:
    return _and(one, Message("tool", "{}", call_id="call_99"))


def _failure_unsaid(one: Conversation) -> Conversation:
    """Say of the first result that its call failed."""
    first = next(m for m in one.trajectory.messages if m.role == "tool")
    return with_messages(one, lambda m: msgspec.structs.replace(m, error=True) if m is first else m)


def _other_call(one: Conversation) -> Conversation:
    """Say of the first result that it is another call's."""
    first = next(m for m in one.trajectory.messages if m.role == "tool")
    return with_messages(one, lambda m: msgspec.structs.replace(m, call_id="another") if m is first else m)


def _other_score(one: Conversation) -> Conversation:
    assert one.facts is not None
    return msgspec.structs.replace(one, facts=msgspec.structs.replace(one.facts, score=0.5))


@pytest.mark.parametrize(
    ("alter", "perfect", "differing", "altered"),
    [
        (_forgotten, 0, 1, 0),
        (_other_result, 1, 0, 1),
        (_one_result_more, 1, 0, 1),
        (_failure_unsaid, 1, 0, 1),
        (_other_call, 1, 0, 1),
        (_other_score, 1, 1, 0),
    ],
    ids=["forgotten", "other result", "one result more", "failure unsaid", "other call", "other score"],
)
def test_what_was_altered_is_found(alter: Alter, perfect: int, differing: int, altered: int) -> None:
    found = total(alter(of_example(examples()[0])))
    assert (found.perfect, found.differing, found.altered, found.passed) == (perfect, differing, altered, False)
    assert [name for name, _ in found.faults] == [examples()[0].task.id]


def test_calls_after_a_transfer_have_the_result_an_episode_gives_them() -> None:
    one = of_example(examples()[0])
    calls = tuple(ToolCall(f"last_{place}", "transfer_to_human_agents", {"summary": "x"}) for place in range(2))
    task = examples()[0].task
    episode = Episode(task, world("retail"), ScriptedUser(task))
    finished(episode.start())
    late = finished(episode.step(Message("assistant", calls=calls)))
    handed_over = msgspec.structs.replace(one.trajectory, messages=tuple(episode.messages))
    assert [message.error for message in late] == [False, True]
    assert total(msgspec.structs.replace(one, trajectory=handed_over)).altered == 0


def test_a_low_score_that_was_recorded_as_such_does_not_pass_either() -> None:
    poor = _forgotten(of_example(examples()[0]))
    (checked,) = reverify([poor], Worlds())
    assert poor.facts is not None
    honest = msgspec.structs.replace(poor, facts=msgspec.structs.replace(poor.facts, score=checked.score))
    found = total(honest)
    assert (found.differing, found.passed) == (0, False)


def test_a_conversation_of_an_unknown_world_cannot_be_verified() -> None:
    one = examples()[0].trajectory
    foreign = Trajectory(one.task_id, WorldRef("retail", ""), "a", "b", one.messages, one.outcome)
    with pytest.raises(InputError, match="is not known"):
        total(Conversation(foreign))


@pytest.mark.parametrize("column", ["task", "facts", "record", "messages"])
def test_a_damaged_row_is_one_line_that_names_it(column: str) -> None:
    columns = {**row_of(of_example(examples()[0])), column: '{"id": '}
    with pytest.raises(InputError, match="set row 3") as caught:
        conversation_of(columns, "set row 3")
    assert "\n" not in str(caught.value)
