"""Say why the oracle did not solve a task, in words its author can act on."""

from collections.abc import Sequence
from pathlib import Path

from cove_rl.agents.oracle import Oracle
from cove_rl.episode.episode import Episode
from cove_rl.evaluation.conformance.faults import shortened, words_of
from cove_rl.synth.tasks import Solved, finished
from cove_rl.tasks.task import Task
from cove_rl.users.scripted import ScriptedUser
from cove_rl.world.world import World

LAST = 3
"""Messages from the end of a conversation that are shown."""


def why_unsolved(solved: Solved) -> str:
    """Return what kept a task from a score of 1.0, and how the conversation ended."""
    task, outcome, verdict = solved.task, solved.trajectory.outcome, solved.verdict
    wrong = [one.reason for one in verdict.constraints if not one.satisfied]
    wrong += [f"call {one.call} ({one.name}) is redundant: {one.reason}" for one in verdict.redundant_writes]
    last = [
        f"{message.role}: {shortened(message.content or ', '.join(call.name for call in message.calls), 120)}"
        for message in solved.trajectory.messages[-LAST:]
    ]
    ended = f"{outcome.ending}{f' ({outcome.detail})' if outcome.detail else ''}"
    return f"task {task.seed}: {shortened(' '.join(wrong), 300)} Ended by {ended}, last: {' | '.join(last)}"


def breakdown(task: Task, world: World, folders: Sequence[Path]) -> str:
    """Play a task once more; return what the oracle raises, with its place, or nothing."""
    try:
        finished(_play(task, world))
    except Exception as error:
        return f" | the oracle raised {words_of(error, folders)}"
    return ""


async def _play(task: Task, world: World) -> None:
    """Play one conversation as `run_episode` does, but let through what the agent raises."""
    episode, oracle = Episode(task, world, ScriptedUser(task)), Oracle(task.domain, task.seed)
    await episode.start()
    while episode.outcome is None:
        await episode.step(await oracle.act(episode.messages))
