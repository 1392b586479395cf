"""A customer played by a language model: it is given what the customer knows, and rules of what to do with it."""

from collections.abc import Sequence
from functools import cache
from random import Random
from time import monotonic
from typing import Any

import msgspec

from cove_rl.endpoints.endpoint import Endpoint, endpoint_of
from cove_rl.endpoints.failure import EndpointError
from cove_rl.endpoints.spent import Spent
from cove_rl.endpoints.usage import Usage
from cove_rl.episode.sides import User
from cove_rl.episode.trajectory import Message
from cove_rl.sandbox import read_yaml
from cove_rl.tasks.task import Persona, Task
from cove_rl.users.cleaning import cleaned, is_useless
from cove_rl.users.settings import ModelSettings
from cove_rl.users.story import Wish, story_of


class _Prompt(msgspec.Struct, frozen=True):
    """What `sandbox/user.yaml` holds."""

    rules: str
    notes: str
    wish: str
    wish_alone: str
    persona: dict[str, dict[str, str]]
    traits: dict[str, str]
    silence: str


@cache
def _prompt() -> _Prompt:
    return msgspec.convert(read_yaml("user.yaml"), _Prompt)


def instructions(task: Task) -> str:
    """Return what the model is told; what all tasks share comes first."""
    prompt, story = _prompt(), story_of(task)
    wishes = [_wish(prompt, number, wish) for number, wish in enumerate(story.wishes, start=1)]
    notes = prompt.notes.format(
        persona=_persona(prompt, task.persona),
        identity="; ".join(story.identity),
        wishes="\n".join(wishes),
    )
    return f"{prompt.rules}\n{notes}".strip()


def _wish(prompt: _Prompt, number: int, wish: Wish) -> str:
    shape = prompt.wish if wish.details else prompt.wish_alone
    return shape.format(number=number, opening=wish.opening, details="; ".join(wish.details))


def _persona(prompt: _Prompt, persona: Persona) -> str:
    """Return a sentence for everything about a persona that has one."""
    manners: dict[str, Any] = msgspec.structs.asdict(persona)
    sentences = [
        prompt.persona[name][value]
        for name, value in manners.items()
        if isinstance(value, str) and value in prompt.persona.get(name, {})
    ]
    traits: dict[str, Any] = msgspec.structs.asdict(persona.known_traits)
    return " ".join([*sentences, *(prompt.traits[name] for name in traits if traits[name] and name in prompt.traits)])


class ModelUser:
    """Plays the customer of one task with a served model.

    What it says follows from the seed and the conversation alone, as far as the server's seeds go, so it can go on with
    a conversation that another user began.

    Args:
        system: what the model is told.
        seed: seeds the replies.
        endpoint: where the model is served.
        settings: how it is used.
        seconds: how long an answer may take, its retries included.
    """

    def __init__(self, system: str, seed: str, endpoint: Endpoint, settings: ModelSettings, seconds: float) -> None:
        self.name = f"openai:{endpoint.settings.model}"
        self.spent = Spent()
        self._seed = seed
        self._endpoint = endpoint
        self._settings = settings
        self._seconds = seconds
        self._system = {"role": "system", "content": system}

    async def reply(self, conversation: Sequence[Message]) -> Message:
        """Return the customer's next message.

        Raises:
            EndpointError: if there is none in time, or none that is of use.
        """
        end = monotonic() + self._seconds
        first = not any(message.role == "user" for message in conversation)
        heard = conversation[-1].content if conversation else ""
        chat = [self._system, *map(swapped, conversation)]
        for attempt in range(self._settings.tries):
            said = await self._ask(chat, f"{self._seed}:{len(conversation)}:{attempt}", end - monotonic())
            if not is_useless(said, heard, first=first):
                return Message("user", said)
            self.spent.useless += 1
        raise EndpointError("useless", f"endpoint {self._endpoint.name}: {self._settings.tries} replies were no use")

    async def _ask(self, chat: list[dict[str, str]], seed: str, seconds: float) -> str:
        """Return the model's next message, cleaned."""
        self.spent.calls += 1
        number = Random(seed).getrandbits(31)  # noqa: S311  (reproducible sampling)
        try:
            reply = await self._endpoint.complete(chat, seed=number, seconds=max(seconds, 0.0))
        except EndpointError:
            self.spent.failures += 1
            raise
        self.spent.retries += reply.attempts - 1
        self.spent.prompt_tokens += reply.prompt_tokens
        self.spent.completion_tokens += reply.completion_tokens
        return cleaned(reply.text, self._settings.longest)


def swapped(message: Message) -> dict[str, str]:
    """Return a spoken message as the model sees it, to which the customer's side is its own."""
    if message.role == "user":
        return {"role": "assistant", "content": message.content}
    return {"role": "user", "content": message.content if message.content.strip() else _prompt().silence}


class ModelUsers:
    """Customers played by one served model.

    Raises:
        InputError: if the endpoint needs an API key that the environment does not have.
    """

    takes_over = True

    def __init__(self, settings: ModelSettings, seconds: float) -> None:
        self._settings = settings
        self._seconds = seconds
        self._endpoint = endpoint_of(settings.endpoint)

    def user(self, task: Task) -> User:
        """Return the customer of a task."""
        return ModelUser(instructions(task), task.seed, self._endpoint, self._settings, self._seconds)

    def usage(self) -> dict[str, Usage]:
        """Return what the endpoint was used for so far."""
        return {self._endpoint.name: self._endpoint.usage()}
