"""Draw tasks from a world: how many requests, which customer, which persona."""

from random import Random
from typing import get_args

from msgspec.structs import replace

from cove_rl.tasks.difficulty import Difficulty, Mix, as_difficulty
from cove_rl.tasks.task import Mood, Openness, Persona, Task, Verbosity
from cove_rl.world.domain import Domain
from cove_rl.world.hint import Request
from cove_rl.world.world import World

__all__ = ["Difficulty", "Mix", "draw_task"]


def draw_task(domain: Domain, world: World, seed: int, index: int, attempt: int, mix: Mix | Difficulty) -> Task | None:
    """Return a candidate for the task with that index, or None if this attempt led nowhere.

    It depends on its arguments alone: tasks can be drawn in any order, in any process. Whether the candidate is a task
    shows when it has been solved; see `cove_rl.synth.tasks`.
    """
    difficulty = as_difficulty(mix)
    number = f"{domain.name}-{seed}-{index}"
    rng = Random(f"{world.ref.fingerprint}:{number}:{attempt}")  # noqa: S311  (reproducible sampling)
    # the count hangs on the index alone, so that attempts that fail do not thin out the long tasks
    count = difficulty.mix.draw(Random(f"{number}:count"))  # noqa: S311
    draft = domain.draft(world, rng, count)
    if draft is None:
        return None
    usual = Persona(rng.choice(get_args(Mood)), rng.choice(get_args(Verbosity)), rng.choice(get_args(Openness)))
    # what makes it harder or easier draws from another sequence, so that levels differ in that alone
    knob = Random(f"{number}:{attempt}:difficulty")  # noqa: S311
    persona = difficulty.persona(usual, knob)
    requests = tuple(_identified(domain, world, one, difficulty.exact, knob) for one in draft.requests)
    return Task(number, domain.name, world.ref, f"{number}:{attempt}", persona, draft.identity, requests)


def _identified(domain: Domain, world: World, request: Request, share: float, rng: Random) -> Request:
    """Return a request, with probability `share` with its elements named by their ids."""
    if rng.random() >= share:
        return request
    return replace(request, hints=tuple(domain.identified(world, request, hint) for hint in request.hints))
