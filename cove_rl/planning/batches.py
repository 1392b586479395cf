"""The trajectories, tokens and updates of a step."""

import msgspec

from cove_rl.planning.run import Run


class Quantity(msgspec.Struct, frozen=True):
    """A number of something, and where it comes from."""

    name: str
    count: int
    formula: str


def batches(run: Run) -> list[Quantity]:
    """Return the arithmetic of a step and of the run; where lengths vary, the figure is for the longest.

    A machine too small for one engine, or for one sequence, is counted as one; `plan` says that it is too small.
    """
    engines, ranks = max(run.world // run.tensor, 1), max(run.world // run.sequence, 1)
    here = -(-run.trajectories // ranks)
    fit = max(run.room * run.sequence // run.trajectory, 1)
    updates = -(-run.prompts // run.minibatch) * run.repeats
    return [
        Quantity("trajectories of a step", run.trajectories, f"{run.prompts} prompts x {run.group}"),
        Quantity(
            "tokens of a trajectory", run.trajectory, f"{run.prompt:,} prompt + {run.response:,} response, at most"
        ),
        Quantity("tokens of a step", run.trajectories * run.trajectory, "trajectories x their tokens, at most"),
        Quantity("engines", engines, f"{run.world} GPUs / {run.tensor}"),
        Quantity("trajectories of an engine", -(-run.trajectories // engines), f"{run.trajectories:,} / {engines}"),
        Quantity("workers that train", ranks, f"{run.world} GPUs / {run.sequence} that share a sequence"),
        Quantity("trajectories of a worker", here, f"{run.trajectories:,} / {ranks}"),
        Quantity("micro-batches of a worker", -(-here // fit), f"{here} / {fit} of the longest, at most"),
        Quantity("updates of a step", updates, f"{run.prompts} / {run.minibatch} prompts x {run.repeats}"),
        Quantity("steps", run.tasks * run.epochs // run.prompts, f"{run.tasks:,} tasks x {run.epochs} / {run.prompts}"),
    ]
