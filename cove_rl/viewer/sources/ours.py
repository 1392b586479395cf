"""Files of this library: examples, trajectories, and recorded rollouts."""

import msgspec

from cove_rl.audit.finding import Audit
from cove_rl.episode.trajectory import Trajectory
from cove_rl.errors import CoveError
from cove_rl.files import decode_json
from cove_rl.synth.example import Facts
from cove_rl.tasks.task import decode_task
from cove_rl.verify.verdict import Verdict
from cove_rl.viewer.card import Card
from cove_rl.viewer.detail import Detail, Part
from cove_rl.viewer.episode_detail import Judgement, episode_card, episode_detail, judge
from cove_rl.viewer.rollout import RecordedRollout, unpack
from cove_rl.viewer.sources.source import Known


def facts_card(title: str, facts: Facts) -> Card:
    """Return the row of a conversation of which the facts are recorded."""
    return Card(
        title,
        facts.domain,
        facts.teacher,
        facts.user,
        facts.kinds,
        facts.score,
        facts.success,
        facts.ending,
        facts.culprit or "",
        facts.user_faults,
        facts.turns,
        facts.calls,
        facts.redundant,
    )


class Examples:
    """What `cove synth` writes: a task, a trajectory and facts."""

    def card(self, record: bytes, known: Known) -> Card:
        """Return the row, from the facts alone."""
        row = decode_json(record, _ExampleHead, "an example")
        return facts_card(row.task.id, row.facts)

    def detail(self, record: bytes, known: Known) -> Detail:
        """Return the conversation, its verdict computed anew."""
        row = decode_json(record, _Example, "an example")
        return episode_detail(row.trajectory, decode_task(bytes(row.task)), known.worlds)


class Trajectories:
    """Trajectories alone; a verdict needs their tasks and worlds."""

    def card(self, record: bytes, known: Known) -> Card:
        """Return the row, with a verdict where the task is known and its world can be generated."""
        trajectory = decode_json(record, Trajectory, "a trajectory")
        task = known.tasks.get(trajectory.task_id)
        if task is None:
            return episode_card(trajectory)
        try:
            return episode_card(trajectory, task, judge(task, trajectory, known.worlds))
        except CoveError:
            return episode_card(trajectory, task)

    def detail(self, record: bytes, known: Known) -> Detail:
        """Return the conversation."""
        trajectory = decode_json(record, Trajectory, "a trajectory")
        return episode_detail(trajectory, known.tasks.get(trajectory.task_id), known.worlds)


class Rollouts:
    """Episodes of training, recorded with their tokens (the setting `cove.record`)."""

    def card(self, record: bytes, known: Known) -> Card:
        """Return the row, from the recorded verdict."""
        row = decode_json(record, _RolloutHead, "a rollout")
        card = episode_card(row.trajectory, None, Judgement(row.verdict, row.audit))
        kinds = tuple(one.kind for one in row.verdict.constraints)
        return msgspec.structs.replace(card, task=_titled(card.task, row.step), kinds=kinds)

    def detail(self, record: bytes, known: Known) -> Detail:
        """Return the conversation, and its tokens."""
        row = decode_json(record, RecordedRollout, "a rollout")
        shown = episode_detail(row.trajectory, decode_task(bytes(row.task)), known.worlds)
        step = () if row.step is None else (Part("step", row.step),)
        title = _titled(shown.title, row.step)
        return msgspec.structs.replace(shown, title=title, tokens=unpack(row.tokens), parts=(*shown.parts, *step))


def _titled(task: str, step: int | None) -> str:
    """Return what to call a rollout: a task is played again and again."""
    return task if step is None else f"{task}, step {step}"


class _TaskHead(msgspec.Struct):
    """As much of a task as the list needs."""

    id: str


class _ExampleHead(msgspec.Struct):
    """As much of an example as the list needs; the conversation is passed over."""

    task: _TaskHead
    facts: Facts


class _Example(msgspec.Struct):
    task: msgspec.Raw
    trajectory: Trajectory


class _RolloutHead(msgspec.Struct):
    """As much of a rollout as the list needs; the tokens are passed over."""

    trajectory: Trajectory
    verdict: Verdict
    audit: Audit
    step: int | None = None
