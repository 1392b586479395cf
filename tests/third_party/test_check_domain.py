"""`cove check-domain`: a domain from outside passes every check, and one with a defect fails the check it should."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cove_rl.cli.main import app
from cove_rl.errors import InputError
from cove_rl.evaluation.conformance import CHECKS, Finding, Sizes, examine, select
from cove_rl.speech.speech import speech_of
from cove_rl.users.listening import ear_of
from cove_rl.world.domain import get_domain

from . import broken
from .broken import DEFECTS, Broken
from .library import library_desk

SMALL = Sizes(tasks=15, mutants=120, calls=200)
SIZES = ["--tasks", "15", "--mutants", "120", "--calls", "200"]


@pytest.fixture(scope="module", autouse=True)
def _offered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Offer the library and its broken copies as an installed package would."""
    folder = tmp_path_factory.mktemp("site")
    about = folder / "desks-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: desks\nVersion: 1.0\n")
    kinds: list[type[Broken]] = Broken.__subclasses__()
    points = {kind.offered: f"{broken.__name__}:{kind.__name__}.domain" for kind in kinds}
    points["library"] = f"{library_desk.__name__}:DOMAIN"
    points["broken-import"] = f"{broken.__name__}_at_import:DOMAIN"
    points["broken-object"] = f"{broken.__name__}:DEFECTS"
    lines = [f"{name} = {place}" for name, place in points.items()]
    (about / "entry_points.txt").write_text("\n".join(["[cove_rl.domains]", *lines]))
    root = Path(broken.__file__).parents[broken.__name__.count(".")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(folder), str(root), *sys.path])
        yield
    for cached in (get_domain, speech_of, ear_of):
        cached.cache_clear()


def examined(name: str, *checks: str, sizes: Sizes = SMALL) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine(name, sizes, select(checks))}


def test_a_domain_from_outside_passes_every_check() -> None:
    findings = examined("library", sizes=Sizes(tasks=50, mutants=800, calls=400))
    assert {name: finding.counterexample for name, finding in findings.items() if finding.status != "passed"} == {}
    assert list(findings) == [check.name for check in CHECKS]
    assert all(finding.cases and not finding.failures for finding in findings.values())


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_found_by_the_check_for_it(name: str) -> None:
    """Other checks may fail after it, as they look at the same code; what is reported first is the cause."""
    findings = examined(name)
    failed = [name for name, finding in findings.items() if finding.status == "failed"]
    assert failed[:1] == [DEFECTS[name]]
    assert findings[DEFECTS[name]].counterexample
    assert 0 < findings[DEFECTS[name]].failures <= findings[DEFECTS[name]].cases


def test_a_good_domain_is_not_blamed_for_chance() -> None:
    """Equal seeds give equal findings, and other seeds find nothing either."""
    sizes = Sizes(tasks=20, mutants=100, calls=100, seed=7)
    once, again = (examined("library", "tools", "hints", "verdicts", sizes=sizes) for _ in range(2))
    assert once == again
    assert {finding.status for finding in once.values()} == {"passed"}


def test_what_a_domain_raises_is_told_with_its_place() -> None:
    def place(name: str, check: str) -> str:
        return examined(name, check)[check].counterexample

    lines = dict(enumerate(Path(broken.__file__).read_text().splitlines(), start=1))

    def line(words: str) -> int:
        return next(number for number, text in lines.items() if words in text)

    assert place("broken-exploding", "world-is-sound").startswith("LookupError: no shelf at ")
    assert place("broken-exploding", "world-is-sound").endswith(f"broken.py:{line('no shelf')} in generate")
    assert f"broken.py:{line('own fault')} in serve" in place("broken-stumbling", "solvable")
    assert f"broken.py:{line('assert state.world')} in touchy" in place("broken-touchy", "calls-are-answered")
    assert "broken_at_import.py:3 in <module>" in place("broken-import", "entry-point")
    assert "is a dict, not a Domain" in place("broken-object", "entry-point")


def test_what_cannot_be_asked_is_blocked_and_says_by_what() -> None:
    findings = examined("broken-import")
    assert {finding.status for name, finding in findings.items() if name != "entry-point"} == {"blocked"}
    assert all("entry-point" in one.counterexample for name, one in findings.items() if name != "entry-point")


def test_a_counterexample_can_be_acted_on() -> None:
    def first(name: str) -> str:
        return examined(name, DEFECTS[name])[DEFECTS[name]].counterexample

    assert re.search(r" means .*E\d{6}.* and also .*E\d{6}", first("broken-lucky"))
    assert "and heard as" in first("broken-mumbling")
    assert "calls: " in first("broken-generous")
    assert "'inform'" in first("broken-tongueless") or "'cancel_hold'" in first("broken-tongueless")
    assert "'never_wanted'" in first("broken-boastful")
    assert "transfer_to_human_agents" in first("broken-undocumented")
    assert "weeks of renew_loan" in first("broken-unimaginative")
    assert "so that members.id is wrong" in first("broken-blind")


def test_checks_are_chosen_by_name_or_group() -> None:
    assert [check.name for check in select(["policy"])] == ["policy"]
    assert {check.group for check in select(["tools", "policy"])} == {"tools", "definition"}
    assert select(()) == CHECKS
    with pytest.raises(InputError, match="no check is named 'polcy'; the checks are entry-point, "):
        select(["polcy"])


def test_every_check_teaches() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    for check in CHECKS:
        assert all(text.endswith(".") and len(text) > 25 for text in (check.meaning, check.why, check.remedy)), check


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["check-domain", *words])


def test_the_command_reports_and_exits_with_its_verdict() -> None:
    good = run("library", *SIZES)
    assert (good.exit_code, good.stdout.splitlines()[-1]) == (0, f"library is valid: {len(CHECKS)} passed")
    some = run("library", "--only", "policy", "--only", "speech")
    assert (some.exit_code, some.stdout.splitlines()[-1]) == (0, "library passes what was asked: 2 passed")
    bad = run("broken-lawless", "--only", "definition")
    assert bad.exit_code == 1
    assert "policy failed" in bad.stdout
    (policy,) = select(["policy"])
    assert all(text in bad.stdout for text in (policy.meaning, policy.why, policy.remedy))
    assert bad.stdout.splitlines()[-1] == "broken-lawless is not valid: 5 passed, 1 failed"


def test_the_command_prints_json() -> None:
    result = run("broken-lawless", "--only", "definition", "--json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["domain"], found["passed"]) == (1, "broken-lawless", False)
    assert [one["status"] for one in found["findings"] if one["name"] == "policy"] == ["failed"]


def test_a_domain_nobody_offers_is_one_line() -> None:
    result = run("libary")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: no domain is named 'libary'; known: ")
    assert len(result.stderr.splitlines()) == 1
