"""What a training run is told about its environment: the `cove` key of the configuration."""

from typing import Annotated, Any, Literal, cast

import msgspec
from msgspec import Meta
from omegaconf import OmegaConf

from cove_rl.errors import InputError
from cove_rl.tasks.difficulty import Difficulty, read_difficulty
from cove_rl.users.kinds import read_user
from cove_rl.users.settings import AnyUserSettings, ScriptedSettings
from cove_rl.verify.score import Scoring

Count = Annotated[int, Meta(ge=1)]
Weight = Annotated[float, Meta(gt=0)]
Seconds = Annotated[float, Meta(gt=0)]


class Split(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One split of the tasks.

    Attributes:
        worlds: seeds of its worlds; no two splits share one.
        tasks: how many tasks it has; they are made when they are asked for.
        seed: seeds the tasks.
    """

    worlds: Annotated[tuple[int, ...], Meta(min_length=1)]
    tasks: Count
    seed: int = 0


class Deadlines(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long things may take, in seconds, before they count as failed."""

    generation: Seconds = 600.0
    user: Seconds = 120.0
    episode: Seconds = 3600.0


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The environment of a run.

    Attributes:
        domains: domain -> weight in the mix of tasks.
        splits: split name -> its worlds and tasks.
        world_size: table name -> rows, where a world should not have the usual size.
        mix: relative shares of tasks with 1, 2, ... requests, where they are not to be the difficulty's.
        difficulty: how hard tasks are.
        user: who plays the customer.
        user_turns: messages of the customer, at most.
        agent_turns: messages of the agent, at most.
        turn_tokens: tokens of one message of the agent, at most.
        result_tokens: tokens of one tool result, at most; a longer one is cut in the middle, and says so.
        tool_format: name of verl's tool-call parser; these mark calls with ``<tool_call>``.
        deadlines: how long things may take.
        retries: fresh attempts after a failure that is not the agent's.
        replacements: batches of groups that a step may drop and replace before the run is given up.
        tiny_model: whether a tiny model is made where `actor_rollout_ref.model.path` has none.
        profile: the profile that was laid over the environment; profiles set it.
        audit: whether an episode that fails through the customer counts as such a failure; faults are reported anyway.
        scoring: how the verdict becomes a reward.
        record: a folder in which finished rollouts are kept with their tokens, for `cove view`; null for none.
    """

    domains: Annotated[dict[str, Weight], Meta(min_length=1)]
    splits: Annotated[dict[str, Split], Meta(min_length=1)]
    world_size: dict[str, int] = {}
    mix: tuple[float, ...] | None = None
    difficulty: Difficulty = Difficulty()
    user: AnyUserSettings = ScriptedSettings()
    user_turns: Count = 32
    agent_turns: Count = 40
    turn_tokens: Count = 1024
    result_tokens: Annotated[int, Meta(ge=64)] = 4096
    tool_format: Literal["hermes", "qwen3_coder"] = "hermes"
    deadlines: Deadlines = Deadlines()
    retries: Annotated[int, Meta(ge=0)] = 2
    replacements: Count = 16
    tiny_model: bool = False
    profile: str | None = None
    audit: bool = True
    scoring: Scoring = Scoring()
    record: str | None = None

    def __post_init__(self) -> None:
        """Check what types cannot say.

        Raises:
            InputError: if two splits share a world, or no task could be drawn from the mix.
        """
        self.difficulty_of_tasks()
        seen: dict[int, str] = {}
        for name, split in self.splits.items():
            for world in split.worlds:
                if seen.setdefault(world, name) != name:
                    raise InputError(
                        f"splits '{seen[world]}' and '{name}' share world {world}; give each worlds of its own"
                    )

    def difficulty_of_tasks(self) -> Difficulty:
        """Return how hard tasks are, with the number of requests that `mix` asks for."""
        return self.difficulty if self.mix is None else msgspec.structs.replace(self.difficulty, requests=self.mix)


def read_settings(config: Any) -> Settings:
    """Return the settings of a run from its configuration (the `cove` node, as OmegaConf or plain values).

    Raises:
        InputError: if a key is unknown, missing or of the wrong type, or values do not go together.
    """
    plain = OmegaConf.to_container(config, resolve=True) if OmegaConf.is_config(config) else config
    if isinstance(plain, dict) and "user" in plain:
        plain = {**plain, "user": read_user(plain["user"])}
    if isinstance(plain, dict) and "difficulty" in plain:
        plain = {**plain, "difficulty": read_difficulty(plain["difficulty"])}
    try:
        return msgspec.convert(plain, Settings)
    except msgspec.ValidationError as error:
        raise InputError(f"the 'cove' settings are wrong: {error}; see configs/env") from None


def settings_of(config: Any) -> Settings:
    """Return the settings in a run's whole configuration; they are read once for one configuration.

    Raises:
        InputError: as `read_settings` does.
    """
    if not _READ or _READ[0] is not config:
        _READ[:] = [config, read_settings(config.cove)]
    return cast("Settings", _READ[1])


_READ: list[Any] = []
"""The configuration that was read last, and its settings: an agent loop is made for every episode."""
