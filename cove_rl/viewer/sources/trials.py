"""Trials of an evaluation, as `cove eval` writes them."""

import msgspec

from cove_rl.episode.trajectory import Trajectory
from cove_rl.evaluation.reward import Grade
from cove_rl.files import decode_json
from cove_rl.synth.example import Facts
from cove_rl.tasks.task import decode_task
from cove_rl.viewer.card import Card
from cove_rl.viewer.detail import Check, Detail, Part
from cove_rl.viewer.episode_detail import episode_card, episode_detail
from cove_rl.viewer.sources.ours import facts_card
from cove_rl.viewer.sources.source import Known


class _TrialHead(msgspec.Struct):
    """As much of a trial as the list needs."""

    task_id: str
    trial: int
    success: bool | None = None
    score: float | None = None
    excluded: str = ""
    facts: Facts | None = None
    trajectory: Trajectory | None = None

    @property
    def title(self) -> str:
        """What the list calls it."""
        return f"{self.task_id}, trial {self.trial}"


class _Trial(_TrialHead):
    task: msgspec.Raw = msgspec.Raw(b"null")
    attempts: int = 1
    grade: Grade | None = None


class Trials:
    """Reads trials; one that was excluded has neither score nor success."""

    def card(self, record: bytes, known: Known) -> Card:
        """Return the row."""
        row = decode_json(record, _TrialHead, "a trial")
        if row.facts is not None:
            card = facts_card(row.title, row.facts)
        elif row.trajectory is not None:
            card = episode_card(row.trajectory)
        else:
            card = Card(row.title)
        return msgspec.structs.replace(card, task=row.title, score=row.score, success=row.success)

    def detail(self, record: bytes, known: Known) -> Detail:
        """Return the conversation of the last attempt, with the benchmark's parts of the reward where it has them."""
        row = decode_json(record, _Trial, "a trial")
        notes = (f"Excluded: {row.excluded}",) if row.excluded else ()
        if row.trajectory is None:
            return Detail(row.title, (), notes=notes or ("No conversation was recorded.",))
        task = None if bytes(row.task) == b"null" else decode_task(bytes(row.task))
        shown = episode_detail(row.trajectory, task, known.worlds)
        checks, parts = shown.checks, (*shown.parts, Part("attempts", row.attempts))
        if row.grade is not None:
            reward = () if row.grade.reward is None else (Part("reward", row.grade.reward),)
            parts = (*reward, *parts)
            checks = tuple(Check(one.basis, one.met, one.reason) for one in row.grade.parts)
            notes = (*notes, row.grade.note) if row.grade.note else notes
        kept = shown.notes if task is not None else ()
        return msgspec.structs.replace(shown, title=row.title, notes=(*notes, *kept), parts=parts, checks=checks)
