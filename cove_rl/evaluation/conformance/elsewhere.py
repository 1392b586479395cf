"""What another process makes of a domain: the fingerprint of a world, and tasks."""

import os
import subprocess
import sys
from hashlib import sha256

import msgspec

from cove_rl.evaluation.conformance.faults import shortened
from cove_rl.synth.tasks import finished, sample_task
from cove_rl.tasks.sampler import Mix
from cove_rl.tasks.task import encode_task
from cove_rl.world.domain import get_domain

PATIENCE = 300.0
"""Seconds the other process has."""


class Elsewhere(msgspec.Struct, frozen=True):
    """What another process made.

    Attributes:
        fingerprint: of the world.
        tasks: of each task, the SHA-256 of its line.
        fault: why there is nothing, if that is so.
    """

    fingerprint: str = ""
    tasks: tuple[str, ...] = ()
    fault: str = ""


def elsewhere(name: str, seed: int, tasks: int, hash_seed: int) -> Elsewhere:
    """Return what a new process makes of a domain.

    Args:
        name: the domain; the process looks for it where this one does.
        seed: of the world and the tasks.
        tasks: how many to sample.
        hash_seed: seeds the order of that process's sets.
    """
    places = os.pathsep.join(place for place in sys.path if place)
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed), "PYTHONPATH": places}
    command = [sys.executable, "-c", f"from {__name__} import tell; tell()", name, str(seed), str(tasks)]
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, env=environment, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return Elsewhere(fault=f"another process took more than {PATIENCE:.0f} s")
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        return Elsewhere(fault=f"another process failed: {shortened(''.join(last))}")
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Elsewhere)


def digest(line: bytes) -> str:
    """Return the SHA-256 of a task's line."""
    return sha256(line).hexdigest()


def tell() -> None:
    """Print what this process makes of the domain, seed and number of tasks on its command line."""
    name, seed, tasks = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    domain = get_domain(name)
    world = domain.world(seed)
    found = (finished(sample_task(domain, world, seed, index, Mix())).solved.task for index in range(tasks))
    made = Elsewhere(world.ref.fingerprint, tuple(digest(encode_task(task)) for task in found))
    sys.stdout.write(msgspec.json.encode(made).decode() + "\n")
