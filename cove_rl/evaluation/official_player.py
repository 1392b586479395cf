"""Play trials of the benchmark's own tasks on our engine, and give them the benchmark's reward."""

from pathlib import Path
from typing import Protocol

import msgspec
from msgspec.structs import replace

from cove_rl.agents.kinds import ANSWER as AGENT_ANSWER
from cove_rl.agents.served import ServedAgent
from cove_rl.agents.settings import AnyAgentSettings, ServedSettings
from cove_rl.endpoints.endpoint import endpoint_of
from cove_rl.episode.outcome import Outcome
from cove_rl.episode.sides import Agent, User
from cove_rl.errors import InputError
from cove_rl.evaluation.evaluate import Effort, Evaluation, described, plain
from cove_rl.evaluation.identity import digest
from cove_rl.evaluation.official import RecordedTask
from cove_rl.evaluation.official_episode import OfficialEpisode, OfficialLimits
from cove_rl.evaluation.official_suite import (
    PREFIX,
    official_policy,
    official_world,
    prompts,
    scenario_text,
    user_guidelines,
)
from cove_rl.evaluation.player import trial_seed
from cove_rl.evaluation.reward import Criteria, Ended, Grade, grade
from cove_rl.evaluation.rewarded import WITHIN
from cove_rl.evaluation.suite import Case, Suite
from cove_rl.evaluation.tau2 import gold_state, outcome
from cove_rl.evaluation.trials import Trial
from cove_rl.files import decode_json
from cove_rl.users.kinds import ANSWER as USER_ANSWER
from cove_rl.users.model import ModelUser
from cove_rl.users.settings import AnyUserSettings, ModelSettings
from cove_rl.world.domain import Domain, get_domain
from cove_rl.world.state import State
from cove_rl.world.tool import Toolbox


class Sides(Protocol):
    """Makes the two sides of a conversation about a task of the benchmark."""

    def agent(self, domain: str, seed: str) -> Agent:
        """Return who plays the agent."""
        ...

    def user(self, task: RecordedTask, seed: str) -> User:
        """Return who plays the user."""
        ...


class Served(msgspec.Struct, frozen=True):
    """Both sides played by served models.

    Attributes:
        agent_settings: who plays the agent.
        user_settings: who plays the user.
        policy: the benchmark's policy, the agent's system prompt.
        guidelines: what the user is told beside the scenario.
    """

    agent_settings: ServedSettings
    user_settings: ModelSettings
    policy: str
    guidelines: str

    def agent(self, domain: str, seed: str) -> Agent:
        """Return who plays the agent."""
        settings = self.agent_settings
        return ServedAgent(domain, seed, endpoint_of(settings.endpoint), settings.tries, AGENT_ANSWER, self.policy)

    def user(self, task: RecordedTask, seed: str) -> User:
        """Return who plays the user."""
        scenario = scenario_text(task.user_scenario)
        system = prompts().prompt.format(guidelines=self.guidelines.strip(), scenario=scenario.strip())
        settings = self.user_settings
        return ModelUser(system, seed, endpoint_of(settings.endpoint), settings, USER_ANSWER)


class OfficialPlayer(msgspec.Struct, frozen=True):
    """Plays tasks of the benchmark.

    Attributes:
        sides: who plays.
        data: the benchmark's data directory.
        domain: the domain's name.
        limits: how long a conversation may get.
        retries: further attempts at a trial that failed through no fault of the agent.
        seed: seeds the trials.
        judge: whether a judge's part counts; without it, the product of the other parts is the reward.
    """

    sides: Sides
    data: Path
    domain: str
    limits: OfficialLimits
    retries: int
    seed: int
    judge: bool = True

    async def play(self, case: Case, trial: int) -> Trial:
        """Return what came of a trial."""
        task = decode_json(case.task, RecordedTask, f"task {case.task_id}")
        for attempt in range(1 + self.retries):
            played = await self._attempt(task, case.task_id, trial, attempt)
            if not played.excluded:
                break
        return played

    async def _attempt(self, task: RecordedTask, task_id: str, trial: int, attempt: int) -> Trial:
        seed = trial_seed(f"{PREFIX}{self.domain}:{task_id}", trial, attempt, self.seed)
        agent, user = self.sides.agent(self.domain, seed), self.sides.user(task, seed)
        domain = get_domain(self.domain)
        episode = OfficialEpisode(domain, State(official_world(self.data, self.domain)), self.limits)
        ended = await episode.play(agent, user)
        graded = official_grade(self._criteria(task), domain, episode) if ended.scores else Grade(None)
        reward = graded.reward
        return Trial(
            task_id=task_id,
            trial=trial,
            success=None if reward is None else abs(reward - 1.0) < WITHIN,
            score=reward,
            excluded="" if reward is not None else _why(ended, graded),
            attempts=attempt + 1,
            trajectory=episode.trajectory(task_id, agent.name, user.name),
            grade=graded,
        )

    def _criteria(self, task: RecordedTask) -> Criteria | None:
        """Return what a task is scored on, without a judge's part if that does not count."""
        criteria = task.criteria
        if criteria is None or self.judge:
            return criteria
        return replace(criteria, basis=tuple(part for part in criteria.basis if part != "NL_ASSERTION"))


def official_grade(criteria: Criteria | None, domain: Domain, episode: OfficialEpisode) -> Grade:
    """Return the benchmark's reward of a conversation that has been played here."""
    gold = [action.call for action in (criteria.actions or () if criteria else ())]
    wanted = gold_state(gold, episode.state.world, domain.toolbox)
    messages = episode.messages
    ended = Ended(
        termination=episode.termination,
        db_match=outcome(wanted) == outcome(episode.state),
        calls=tuple(call for message in messages for call in message.calls),
        texts=tuple(message.content for message in messages if message.role == "assistant"),
    )
    return replace(grade(criteria, ended), kinds=_writes(criteria, domain.toolbox))


def _writes(criteria: Criteria | None, toolbox: Toolbox) -> tuple[str, ...]:
    names = [action.call.name for action in (criteria.actions or () if criteria else ())]
    return tuple(name for name in names if name in toolbox.tools and toolbox.tools[name].kind == "write")


def _why(ended: Outcome, graded: Grade) -> str:
    if ended.scores:
        return f"nobody decided its {' and '.join(graded.undecided)}"
    return f"{ended.ending}, the {ended.culprit}'s failure: {ended.detail}"


def official_evaluation(
    suite: Suite, data: Path, agent: AnyAgentSettings, user: AnyUserSettings, effort: Effort, *, judge: bool = True
) -> Evaluation:
    """Return what it takes to play tasks of the benchmark.

    Raises:
        InputError: if one of the sides is no served model, or the policy cannot be read.
    """
    if not isinstance(agent, ServedSettings) or not isinstance(user, ModelSettings):
        raise InputError(
            "the benchmark's tasks are played by served models on both sides: --agent and --user "
            "'openai endpoint.url=... endpoint.model=...'; others understand nothing but our own customers"
        )
    (domain,) = suite.domains
    limits = OfficialLimits()
    sides = Served(agent, user, official_policy(data, domain), user_guidelines(data))
    player = OfficialPlayer(sides, data, domain, limits, effort.retries, effort.seed, judge)
    told = {
        "policy": digest(sides.policy),
        "tools": digest(msgspec.json.encode(get_domain(domain).toolbox.schemas())),
        "user": digest(prompts().prompt + sides.guidelines),
    }
    run = described(suite, plain(agent), plain(user), told, msgspec.structs.asdict(limits), effort)
    return Evaluation(run, suite, player)
