"""verl's custom reward: the verdict on the calls an episode recorded, with all its parts."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec

from cove_rl.audit.finding import KINDS
from cove_rl.endpoints.spent import Spent
from cove_rl.tasks.task import decode_task
from cove_rl.tasks.worlds import Worlds
from cove_rl.verify.score import Scoring
from cove_rl.verify.verifier import verify
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import get_domain

_WORLDS = Worlds()

ENDINGS = ("user_stop", "transfer", "max_user_turns", "max_agent_turns", "max_tokens")
"""Endings that score; each is a key of its own in the metrics."""


def cove_reward(
    *,
    extra_info: dict[str, Any],
    domains: Iterable[str] = (),
    redundancy_weight: float = 1.0,
    form: str = "hyperbolic",
    **_: Any,
) -> dict[str, float]:
    """Return the composite score of one trajectory and its parts.

    The verdict is computed here again, from the task and the recorded calls alone; nothing the rollout says about its
    own success is believed. What else verl passes (the decoded response, say) is not looked at.

    Args:
        extra_info: holds the task (`task`), the calls (`cove_calls`) and how the episode ended (`cove_ending`).
        domains: all domains of the run; the trajectory's own if none is given.
        redundancy_weight: what one redundant write costs.
        form: how redundant writes lower the score.

    Returns:
        `score` in [0, 1], and every part that goes into the metrics. All trajectories of a run have the same keys,
        which verl's validation relies on: the share of satisfied constraints of a kind is 0 where the task has none,
        and `has/KIND` says whether it has.
    """
    task = decode_task(extra_info["task"])
    calls = msgspec.json.decode(extra_info["cove_calls"], type=list[ToolCall])
    scoring = msgspec.convert({"form": form, "redundancy_weight": redundancy_weight}, Scoring)
    verdict = verify(task, _WORLDS.find(task.world), calls, scoring)
    kinds = _kinds(tuple(domains) or (task.domain,))
    parts = {
        "score": verdict.score,
        "success": float(verdict.success),
        "satisfied": verdict.satisfied / verdict.total,
        "redundant": float(verdict.redundant),
        "failed_calls": float(verdict.failed),
        "calls": float(verdict.calls),
        "user_turns": float(extra_info.get("cove_user_turns", 0)),
        "agent_turns": float(extra_info.get("cove_agent_turns", 0)),
        "attempts": float(extra_info.get("cove_attempts", 1)),
    }
    spent = msgspec.json.decode(extra_info.get("cove_user_spent", "{}"), type=Spent)
    parts.update({f"user/{name}": float(value) for name, value in msgspec.structs.asdict(spent).items()})
    parts.update(_faults(extra_info, verdict.score))
    ending = extra_info.get("cove_ending", "")
    parts.update({f"ended/{name}": float(name == ending) for name in ENDINGS})
    for kind in kinds:
        of_kind = [one.satisfied for one in verdict.constraints if one.kind == kind]
        parts[f"has/{kind}"] = float(bool(of_kind))
        parts[f"satisfied/{kind}"] = sum(of_kind) / len(of_kind) if of_kind else 0.0
    return parts


@cache
def _kinds(domains: tuple[str, ...]) -> tuple[str, ...]:
    """Return the kinds of constraints of these domains, sorted."""
    kinds = {str(kind.__struct_config__.tag) for name in domains for kind in get_domain(name).constraints}
    return tuple(sorted(kinds))


def _faults(extra_info: dict[str, Any], score: float) -> dict[str, float]:
    """Return what the audit found, as shares of the attempts made for this trajectory.

    `user_blamed` is the share of attempts that failed through the customer, `user_fault/KIND` that of attempts with
    such a fault, whatever came of it. `wrong_zero` says that this trajectory scores 0 through the customer: never
    where the audit decides.
    """
    attempts = msgspec.json.decode(extra_info.get("cove_faults", "[]"), type=list[list[str]])
    number = max(1, len(attempts))
    shares = {f"user_fault/{kind}": sum(kind in one for one in attempts) / number for kind in KINDS}
    at_fault = bool(extra_info.get("cove_user_at_fault", False))
    return {
        "user_blamed": float(extra_info.get("cove_blamed", 0)) / number,
        "wrong_zero": float(at_fault and score == 0.0),
        **shares,
    }
