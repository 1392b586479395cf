"""A small suite of tasks, and agents whose rate of success is known."""

from functools import cache
from random import Random

import msgspec
from msgspec.structs import replace

from cove_rl.agents.settings import AnyAgentSettings, ClumsySettings, OracleSettings
from cove_rl.evaluation.evaluate import Effort, Evaluation, own_evaluation
from cove_rl.evaluation.player import OwnPlayer
from cove_rl.evaluation.suite import Case, Suite, fingerprint
from cove_rl.evaluation.trials import SuiteRef, Trial
from cove_rl.synth.tasks import Sampling
from cove_rl.tasks.difficulty import difficulty_of
from cove_rl.tasks.task import encode_task
from cove_rl.users.settings import AnyUserSettings, ScriptedSettings
from cove_rl.world.domain import get_domain

IDLE = ClumsySettings(claims_done=1.0)
"""An agent that says everything is done, and does nothing."""


@cache
def suite(tasks: int = 6) -> Suite:
    """Return a suite of easy retail tasks."""
    world = get_domain("retail").world(5, {"users": 60, "orders": 140})
    sampled = Sampling(world.ref, 5, difficulty_of("easy"))(list(range(tasks)))
    cases = tuple(Case(one.solved.task.id, encode_task(one.solved.task)) for one in sampled)
    return Suite(SuiteRef("small", "1", "test", tasks, fingerprint(case.task for case in cases)), cases, ("retail",))


def evaluation(
    agent: AnyAgentSettings | None = None,
    user: AnyUserSettings | None = None,
    *,
    tasks: int = 6,
    trials: int = 2,
    retries: int = 1,
    seed: int = 0,
) -> Evaluation:
    """Return what it takes to play the small suite."""
    effort = Effort(trials, retries, seed)
    return own_evaluation(suite(tasks), agent or OracleSettings(), user or ScriptedSettings(), effort)


class Flawed(msgspec.Struct, frozen=True):
    """Plays the oracle, or with a known probability an agent that fails for certain; the trial decides which.

    Attributes:
        player: plays the oracle.
        rate: the probability to succeed.
        seed: seeds the choice.
    """

    player: OwnPlayer
    rate: float
    seed: int

    def succeeds(self, task_id: str, trial: int) -> bool:
        """Return whether a trial succeeds."""
        return Random(f"{self.seed}:{task_id}:{trial}").random() < self.rate

    async def play(self, case: Case, trial: int) -> Trial:
        """Return what came of a trial."""
        chosen = self.player if self.succeeds(case.task_id, trial) else replace(self.player, agent=IDLE)
        return await chosen.play(case, trial)


def flawed(rate: float, *, tasks: int = 6, trials: int = 4, seed: int = 0) -> tuple[Evaluation, Flawed]:
    """Return what it takes to play the small suite with a flawed agent, and that agent."""
    whole = evaluation(tasks=tasks, trials=trials)
    assert isinstance(whole.player, OwnPlayer)
    player = Flawed(whole.player, rate, seed)
    return replace(whole, player=player), player
