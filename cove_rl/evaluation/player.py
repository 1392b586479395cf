"""Play one trial of a task: attempt it until it says something about the agent, and score it."""

from typing import Protocol

import msgspec
from msgspec.structs import replace

from cove_rl.agents.kinds import agents_of
from cove_rl.agents.settings import AnyAgentSettings
from cove_rl.episode.episode import Limits, run_episode
from cove_rl.episode.trajectory import Trajectory
from cove_rl.evaluation.suite import Case
from cove_rl.evaluation.trials import Trial
from cove_rl.synth.example import Facts, facts_of
from cove_rl.synth.tasks import worlds_of
from cove_rl.tasks.task import Task, decode_task
from cove_rl.users.kinds import users_of
from cove_rl.users.settings import AnyUserSettings
from cove_rl.verify.verifier import verify

SCORING = (None, "agent", "truncated")
"""Whose failure an ending may be for the verdict to say something about the agent."""


class Player(Protocol):
    """Plays trials. It can be sent to another process."""

    async def play(self, case: Case, trial: int) -> Trial:
        """Return what came of a trial of a task; `trial` counts from 0."""
        ...


class OwnPlayer(msgspec.Struct, frozen=True):
    """Plays tasks of ours.

    Attributes:
        agent: who plays the agent.
        user: who plays the customer.
        limits: how long a conversation may get.
        retries: further attempts at a trial that failed through no fault of the agent.
        seed: seeds the trials.
        agent_seconds: how long a message of the agent may take.
        user_seconds: how long a message of the customer may take.
    """

    agent: AnyAgentSettings
    user: AnyUserSettings
    limits: Limits
    retries: int
    seed: int
    agent_seconds: float
    user_seconds: float

    async def play(self, case: Case, trial: int) -> Trial:
        """Return what came of a trial."""
        base = decode_task(case.task)
        for attempt in range(1 + self.retries):
            task = replace(base, seed=trial_seed(base.seed, trial, attempt, self.seed))
            trajectory = await self._talk(task)
            played = scored(task, trajectory, trial, attempt + 1)
            if not played.excluded:
                break
        return played

    async def _talk(self, task: Task) -> Trajectory:
        world = worlds_of(()).find(task.world)
        agent = agents_of(self.agent, self.agent_seconds).agent(task, world)
        user = users_of(self.user, self.user_seconds).user(task)
        return await run_episode(task, world, agent, user, self.limits)


def trial_seed(seed: str, trial: int, attempt: int, run: int) -> str:
    """Return the seed of an attempt at a trial; that of a run's first attempt at its first trial is the task's own.

    Args:
        seed: the task's.
        trial: the trial's number, from 0.
        attempt: the attempt's number, from 0.
        run: the run's seed; 0 is the usual one.
    """
    parts = ((f"run{run}", run), (f"trial{trial}", trial), (f"again{attempt}", attempt))
    return ":".join([seed, *(name for name, number in parts if number)])


def scored(task: Task, trajectory: Trajectory, trial: int, attempts: int) -> Trial:
    """Return the trial that a conversation about a task of ours was."""
    world = worlds_of(()).find(task.world)
    facts, verdict = facts_of(task, world, trajectory), verify(task, world, trajectory.calls())
    counts = facts.culprit in SCORING
    return Trial(
        task_id=task.id,
        trial=trial,
        success=facts.success if counts else None,
        score=facts.score if counts else None,
        excluded="" if counts else _why(facts, trajectory),
        attempts=attempts,
        task=task,
        trajectory=trajectory,
        facts=facts,
        verdict=verdict,
    )


def _why(facts: Facts, trajectory: Trajectory) -> str:
    detail = trajectory.outcome.detail
    return f"{facts.ending}, the {facts.culprit}'s failure" + (f": {detail}" if detail else "")
