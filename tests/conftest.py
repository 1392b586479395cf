"""What every test may ask for."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

# No test asserts a time: a busy machine is no defect. Continuous integration tries the same examples every time.
settings.register_profile("patient", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("patient")

# A shell starts jobs in the background with Ctrl-C ignored, which programs that tests interrupt must not inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def tau2() -> Path:
    """The folder with tau2-bench's data: $COVE_TAU2, or shared/tau2 beside the repository.

    The data is not part of this project. Continuous integration must have it; elsewhere its tests are skipped, aloud.
    """
    beside = Path(__file__).resolve().parents[2] / "shared" / "tau2"
    folder = Path(os.environ.get("COVE_TAU2") or beside)
    if not (folder / "domains" / "retail" / "db.json").is_file():
        missing = f"{folder} has no domains/retail/db.json: set COVE_TAU2 to a folder with tau2-bench's data"
        pytest.fail(missing, pytrace=False) if os.environ.get("CI") else pytest.skip(missing)
    return folder
