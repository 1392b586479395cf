"""What a training run is told about its environment: the `cove` key of the configuration."""

from typing import Any, Literal

import msgspec
from omegaconf import OmegaConf

from cove_rl.errors import InputError
from cove_rl.verify.score import Scoring


class Split(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One split of the tasks.

    Attributes:
        worlds: seeds of its worlds; no two splits share one.
        tasks: how many tasks it has; they are made when they are asked for.
        seed: seeds the tasks.
    """

    worlds: tuple[int, ...]
    tasks: int
    seed: int = 0


class Deadlines(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long things may take, in seconds, before they count as failed."""

    generation: float = 600.0
    user: float = 120.0
    episode: float = 3600.0


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The environment of a run.

    Attributes:
        domains: domain -> weight in the mix of tasks.
        splits: split name -> its worlds and tasks.
        world_size: table name -> rows, where a world should not have the usual size.
        mix: relative shares of tasks with 1, 2, ... requests.
        user: who plays the customer.
        user_turns: messages of the customer, at most.
        agent_turns: messages of the agent, at most.
        turn_tokens: tokens of one message of the agent, at most.
        result_tokens: tokens of one tool result, at most; a longer one is cut in the middle, and says so.
        tool_format: name of verl's tool-call parser.
        deadlines: how long things may take.
        retries: fresh attempts after a failure that is not the agent's.
        scoring: how the verdict becomes a reward.
    """

    domains: dict[str, float]
    splits: dict[str, Split]
    world_size: dict[str, int] = {}
    mix: tuple[float, ...] = (30.0, 28.0, 20.0, 13.0, 9.0)
    user: Literal["scripted"] = "scripted"
    user_turns: int = 32
    agent_turns: int = 40
    turn_tokens: int = 1024
    result_tokens: int = 4096
    tool_format: str = "hermes"
    deadlines: Deadlines = Deadlines()
    retries: int = 2
    scoring: Scoring = Scoring()


def read_settings(config: Any) -> Settings:
    """Return the settings of a run from its configuration (the `cove` node, as OmegaConf or plain values).

    Raises:
        InputError: if a key is unknown, missing or of the wrong type, or two splits share a world.
    """
    plain = OmegaConf.to_container(config, resolve=True) if OmegaConf.is_config(config) else config
    try:
        settings = msgspec.convert(plain, Settings)
    except msgspec.ValidationError as error:
        raise InputError(f"the 'cove' settings are wrong: {error}; see configs/env") from None
    seen: dict[int, str] = {}
    for name, split in settings.splits.items():
        for world in split.worlds:
            if world in seen:
                raise InputError(
                    f"splits '{seen[world]}' and '{name}' share world {world}; give each worlds of its own"
                )
            seen[world] = name
    return settings
