"""How a data set was synthesised, as `cove synth` notes it beside the data."""

from pathlib import Path
from typing import Any

from cove_rl.errors import InputError
from cove_rl.files import decode_json

MANIFEST = "manifest.json"


def read_manifest(source: Path) -> dict[str, Any] | None:
    """Return the manifest in a folder; None if there is none, or the source is a file.

    Raises:
        InputError: if it cannot be read.
    """
    file = source / MANIFEST
    if not file.is_file():
        return None
    try:
        return decode_json(file.read_bytes(), dict[str, Any], str(file))
    except OSError as fault:
        raise InputError(f"cannot read {file}: {fault.strerror or fault}") from fault
