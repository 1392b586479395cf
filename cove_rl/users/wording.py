"""Hybrid users of a run: each conversation's wording model, behind a shared endpoint or a program."""

from random import Random

from cove_rl.endpoints.endpoint import Endpoint, endpoint_of
from cove_rl.endpoints.failure import EndpointError
from cove_rl.endpoints.spent import Spent
from cove_rl.endpoints.usage import Usage
from cove_rl.episode.sides import User
from cove_rl.tasks.task import Task
from cove_rl.users.hybrid import HybridUser, WordingModel
from cove_rl.users.rewording import RuleModel
from cove_rl.users.settings import HybridSettings

SHARE = 0.9
"""Share of the time an answer may take that its wording may take: the rest is for doing without it."""


class EndpointWording:
    """Words the sentences of one customer with a served model.

    Args:
        endpoint: where it is served.
        seed: the same seed and prompts give the same answers, where the server supports it.
        seconds: how long an answer may take.
        spent: what is used is counted here.
    """

    def __init__(self, endpoint: Endpoint, seed: str, seconds: float, spent: Spent) -> None:
        self._endpoint = endpoint
        self._seed = seed
        self._seconds = seconds
        self._spent = spent

    async def reword(self, prompt: str) -> str:
        """Return the model's answer to a prompt.

        Raises:
            EndpointError: if there is none in time.
        """
        self._spent.calls += 1
        number = Random(f"{self._seed}:wording:{self._spent.calls}").getrandbits(31)  # noqa: S311  (reproducible)
        try:
            reply = await self._endpoint.complete(
                [{"role": "user", "content": prompt}], seed=number, seconds=self._seconds
            )
        except EndpointError:
            self._spent.failures += 1
            raise
        self._spent.retries += reply.attempts - 1
        self._spent.prompt_tokens += reply.prompt_tokens
        self._spent.completion_tokens += reply.completion_tokens
        return reply.text


class HybridUsers:
    """Customers whose minds are made up by the state machine, and whose sentences a model words.

    Raises:
        InputError: if the endpoint needs an API key that the environment does not have.
    """

    takes_over = False

    def __init__(self, settings: HybridSettings, seconds: float) -> None:
        self._settings = settings
        self._seconds = seconds * SHARE
        self._endpoint = None if settings.endpoint is None else endpoint_of(settings.endpoint)

    def user(self, task: Task) -> User:
        """Return the customer of a task."""
        spent = Spent()
        return HybridUser(task, self._model(task, spent), strict=self._settings.strict, spent=spent)

    def usage(self) -> dict[str, Usage]:
        """Return what the endpoint was used for so far; nothing where a program words the sentences."""
        return {} if self._endpoint is None else {self._endpoint.name: self._endpoint.usage()}

    def _model(self, task: Task, spent: Spent) -> WordingModel:
        if self._endpoint is None:
            return RuleModel(task.seed, self._settings.spoil)
        return EndpointWording(self._endpoint, task.seed, self._seconds, spent)
