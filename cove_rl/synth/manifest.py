"""The manifest of a synthesis: what the folder was made of, by what, and what is in it."""

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from cove_rl.errors import InputError
from cove_rl.files import atomic_write, decode_json
from cove_rl.synth.tally import Tally

NAME = "manifest.json"


class Shard(msgspec.Struct, frozen=True):
    """One shard.

    Attributes:
        file: name of the file with its examples.
        examples: how many it has.
        tasks: how many were played for it.
        sha256: of the file.
    """

    file: str
    examples: int
    tasks: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What `manifest.json` holds: nothing that differs between two equal runs.

    Attributes:
        made: version, digests of prompts and the plan, as `Plan.identity` returns them.
        number: examples that were asked for.
        complete: whether there are as many.
        counts: what became of the tasks.
        shards: in their order.
    """

    made: dict[str, Any]
    number: int
    complete: bool
    counts: Tally
    shards: tuple[Shard, ...]


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a folder; None if it has none.

    Raises:
        InputError: if it is damaged.
    """
    path = folder / NAME
    return decode_json(path.read_bytes(), Manifest, str(path)) if path.exists() else None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a folder.

    Raises:
        InputError: if it cannot be written.
    """
    data = msgspec.json.encode(manifest, order="sorted")
    atomic_write(folder / NAME, msgspec.json.format(data, indent=2) + b"\n")


def check_same(folder: Path, found: Manifest, identity: dict[str, Any]) -> None:
    """Raise an `InputError` that says what differs, if a folder was begun for another plan."""
    old = found.made
    names = [name for name in sorted(old.keys() | identity.keys()) if old.get(name) != identity.get(name)]
    if names:
        detail = "; ".join(f"{name} {_short(old.get(name))}, now {_short(identity.get(name))}" for name in names)
        raise InputError(f"{folder} was begun with other parameters ({detail}); use those, or drop it with --force")


def _short(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 80 else text[:77] + "..."


def shard_of(path: Path, tasks: int) -> Shard:
    """Return what the manifest says of a shard's examples."""
    digest, examples = hashlib.sha256(), 0
    with path.open("rb") as stream:
        for line in stream:
            digest.update(line)
            examples += 1
    return Shard(path.name, examples, tasks, digest.hexdigest())
