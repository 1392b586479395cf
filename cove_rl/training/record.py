"""Keep finished rollouts with their tokens, for people to look at (`cove view`)."""

import logging
import os
import socket
from collections.abc import Callable
from pathlib import Path

import msgspec

from cove_rl.audit.finding import Audit
from cove_rl.episode.episode import Episode
from cove_rl.tasks.task import encode_task
from cove_rl.training.tokens import TokenStream
from cove_rl.verify.score import Scoring
from cove_rl.verify.verifier import verify
from cove_rl.viewer.rollout import RecordedRollout, pack

log = logging.getLogger(__name__)


class Finished(msgspec.Struct, frozen=True):
    """What is kept of a rollout.

    Attributes:
        episode: the conversation, over.
        stream: its tokens, checked.
        audit: what the audit says of it.
        step: number of the update the policy had last seen; None if the engine does not say.
    """

    episode: Episode
    stream: TokenStream
    audit: Audit
    step: int | None


def record(
    folder: Path, finished: Finished, scoring: Scoring, decode: Callable[[list[int]], str], *, logprobs: bool
) -> None:
    """Append a rollout to this process's file in a folder.

    A folder that cannot be written to is no reason to end a training run: it is logged, and the rollout is not kept.

    Args:
        folder: where the files go, one for each process.
        finished: the rollout.
        scoring: how its verdict becomes a score.
        decode: turns tokens into text, special ones included.
        logprobs: whether the engine returned log-probabilities.
    """
    episode, stream = finished.episode, finished.stream
    trajectory = episode.trajectory("policy")
    tokens = pack(stream.ids, len(stream.prompt), stream.mask, stream.logprobs if logprobs else None, decode)
    verdict = verify(episode.task, episode.state.world, trajectory.calls(), scoring)
    task = msgspec.Raw(encode_task(episode.task))
    line = msgspec.json.encode(RecordedRollout(task, trajectory, tokens, verdict, finished.audit, finished.step))
    path = folder / f"{socket.gethostname()}-{os.getpid()}.jsonl"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(line + b"\n")
    except OSError as fault:
        log.warning("a rollout was not recorded: cannot write %s: %s", path, fault.strerror or fault)
