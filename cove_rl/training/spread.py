"""Synthesis on a Ray cluster: tasks in small chunks, wherever there is room."""

import logging
import socket
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import ray

from cove_rl.errors import InputError
from cove_rl.synth.attempt import Player
from cove_rl.synth.plan import Plan

CHUNK = 16
"""Tasks of a chunk where no model is asked: a fifth of a second's work or so."""
PER_CPU = 3
"""Chunks that are handed to the cluster for each of its CPUs: one at work, others on their way."""
PORT = 6379
"""Where a cluster listens if nobody says otherwise."""
SECONDS = 10.0
"""For which an answer is waited for."""
RETRIES = 5
"""How often a chunk is played again when the node it was on is lost."""


class RayTasks:
    """Plays tasks on a Ray cluster; all of its nodes need this version of cove_rl.

    A chunk of conversations with served models is had at once, on one CPU.

    Args:
        plan: what the tasks are.
        address: of the cluster, or "auto" for the one this machine belongs to.
        together: conversations at once, where a side is a served model.

    Raises:
        InputError: if there is no such cluster.
    """

    def __init__(self, plan: Plan, address: str, together: int) -> None:
        self.busy = 0
        self._began = not ray.is_initialized()
        if self._began:
            _connect(address)
        cpus = max(int(ray.cluster_resources().get("CPU", 1)), 1)
        self.chunk = max(together // cpus, 1) if plan.asks_models else CHUNK
        self.capacity = together if plan.asks_models else PER_CPU * CHUNK * cpus
        self._player = ray.put(Player(plan))
        self._play = ray.remote(max_retries=RETRIES, num_cpus=1)(_play)
        self._pending: dict[Any, int] = {}

    def submit(self, indices: Sequence[int]) -> None:
        """Take some tasks."""
        self._pending[self._play.remote(self._player, list(indices))] = len(indices)
        self.busy += len(indices)

    def results(self) -> list[bytes]:
        """Wait for a chunk to be done.

        Raises:
            CoveError: if a task fails for a reason that is the user's business.
        """
        (done,), _ = ray.wait(list(self._pending), num_returns=1)
        self.busy -= self._pending.pop(done)
        try:
            lines: list[bytes] = ray.get(done)
        except ray.exceptions.RayTaskError as error:
            raise error.cause from None
        return lines

    def close(self) -> None:
        """Give up what is under way; a cluster that was there before stays."""
        for one in self._pending:
            ray.cancel(one, force=True)
        self._pending.clear()
        if self._began:
            ray.shutdown()


def _connect(address: str) -> None:
    try:
        if address != "auto":  # Ray itself waits for minutes
            parts = urlsplit(address if "://" in address else f"//{address}")
            socket.create_connection((parts.hostname or "", parts.port or PORT), SECONDS).close()
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, ValueError, RuntimeError) as error:
        reason, advice = str(error).splitlines()[0], "start one with `ray start --head`"
        if "AuthToken" in str(error.__cause__):
            advice = "it asks for a token: set RAY_AUTH_MODE=token and keep the token in ~/.ray/auth_token"
        raise InputError(f"no Ray cluster at '{address}' ({reason}); {advice}") from None


def _play(player: Player, indices: Sequence[int]) -> list[bytes]:
    """Play a chunk, on whatever node this is."""
    return player(indices)
