"""`cove world`, on a domain that is nothing like the ones that ship: commands must not know a domain's tables."""

import json
from collections.abc import Generator, Mapping
from pathlib import Path
from random import Random
from typing import Any, ClassVar, Literal

import pytest
from typer.testing import CliRunner, Result

from cove_rl.cli.main import app
from cove_rl.errors import DomainError, InputError
from cove_rl.world.constraint import Constraint
from cove_rl.world.domain import Domain, Draft
from cove_rl.world.record import Record
from cove_rl.world.tool import Tool
from cove_rl.world.world import Tables, World


class Book(Record, frozen=True):
    title: str
    pages: int
    lent: bool
    readers: tuple[str, ...]
    state: Literal["new", "worn"] | None = None
    note: str | None = None


class Shelf(Record, frozen=True):
    books: dict[str, int]


class Library(Domain):
    name = "library"
    tables: ClassVar[Mapping[str, type[Record]]] = {"books": Book, "shelves": Shelf}
    tools: ClassVar[tuple[Tool, ...]] = ()
    constraints: ClassVar[tuple[type[Constraint], ...]] = ()
    default_size: ClassVar[Mapping[str, int]] = {"books": 4, "shelves": 1}

    @property
    def data(self) -> Path:
        return Path()

    def generate(self, seed: int, size: Mapping[str, int]) -> Tables:
        if unknown := size.keys() - self.tables.keys():
            raise InputError(f"a library has no {min(unknown)}")
        books = [Book(f"Tales {n}", seed + n, n % 2 == 0, ("Ann",) * n, "worn") for n in range(size["books"])]
        shelves = [Shelf({"B0": n}) for n in range(size["shelves"])]
        return {
            Book: {f"B{n}": book for n, book in enumerate(books)},
            Shelf: {f"S/{n}": shelf for n, shelf in enumerate(shelves)},
        }

    def problems(self, tables: Tables) -> list[str]:
        return []

    def draft(self, world: World, rng: Random, count: int) -> Draft | None:
        return None

    def serve(self, desk: Any) -> Generator[Any, Any, None]:
        yield


LIBRARY = Library()


@pytest.fixture(autouse=True)
def _library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def get_domain(name: str) -> Domain:
        if name != "library":
            raise DomainError(f"no domain is named '{name}'")
        return LIBRARY

    monkeypatch.setattr("cove_rl.cli.world.get_domain", get_domain)
    monkeypatch.setattr("cove_rl.world.files.get_domain", get_domain)
    monkeypatch.chdir(tmp_path)


def cove(*words: str) -> Result:
    return CliRunner().invoke(app, ["world", *words])


def test_build_writes_the_world_of_that_seed_and_says_where() -> None:
    result = cove("build", "--domain", "library", "--seed", "7")
    assert result.exit_code == 0, result.stderr
    assert LIBRARY.world(7).ref.fingerprint in result.stdout
    assert result.stderr == "written to library-7.world.json\n"
    shown = json.loads(cove("show", "library-7.world.json", "--json").stdout)
    assert shown["fingerprint"] == LIBRARY.world(7).ref.fingerprint
    assert shown["seed"] == 7


def test_equal_seeds_give_equal_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        cove("build", "--domain", "library", "--seed", "7", "--out", name)
    cove("build", "--domain", "library", "--seed", "8", "--out", "c")
    assert Path("a").read_bytes() == Path("b").read_bytes() != Path("c").read_bytes()


def test_sizes_name_tables_of_any_domain() -> None:
    words = ("build", "--domain", "library", "--seed", "1", "--size", "books=2", "--size", "shelves=3", "--json")
    built = json.loads(cove(*words).stdout)
    assert built["rows"] == built["size"] == {"books": 2, "shelves": 3}
    assert built["path"] == "library-1.world.json"


def test_the_short_options_are_sizes_too() -> None:
    result = cove("build", "--domain", "library", "--seed", "1", "--users", "5")
    assert (result.exit_code, result.stderr) == (1, "error: a library has no users\n")


@pytest.mark.parametrize("size", ["books", "books=", "=3", "books=-1", "books=1.5", "books=many"])
def test_a_size_that_is_no_size_is_refused(size: str) -> None:
    result = cove("build", "--domain", "library", "--seed", "1", "--size", size)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"error: --size {size}: expected TABLE=N")


def test_nothing_is_overwritten_unless_forced() -> None:
    Path("mine").write_text("precious")
    words = ("build", "--domain", "library", "--seed", "1", "--out", "mine")
    assert cove(*words).stderr.startswith("error: mine exists")
    assert Path("mine").read_text() == "precious"
    assert cove(*words, "--force").exit_code == 0
    assert cove("show", "mine").exit_code == 0


def test_an_unknown_domain_writes_nothing(tmp_path: Path) -> None:
    result = cove("build", "--domain", "bakery", "--seed", "1")
    assert (result.exit_code, result.stderr) == (1, "error: no domain is named 'bakery'\n")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def world() -> str:
    cove("build", "--domain", "library", "--seed", "10", "--out", "world.json")
    return "world.json"


def test_show_counts_fixed_values_and_describes_numbers_and_lengths(world: str) -> None:
    tables = json.loads(cove("show", world, "--json").stdout)["tables"]
    books = tables["books"]
    assert books["rows"] == 4
    assert books["counts"] == {"lent": {"True": 2, "False": 2}, "state": {"worn": 4}}
    assert set(books["distributions"]) == {"pages", "len(readers)"}
    assert (books["distributions"]["pages"]["min"], books["distributions"]["pages"]["max"]) == (10, 13)
    assert books["distributions"]["len(readers)"]["mean"] == 1.5
    assert tables["shelves"]["distributions"]["len(books)"]["count"] == 1


def test_show_prints_the_same_as_tables(world: str) -> None:
    text = cove("show", world).stdout
    for part in ("library world", "seed 10", "books.state", "worn", "books.len(readers)", "shelves.len(books)"):
        assert part in text


def test_show_prints_one_record(world: str) -> None:
    assert json.loads(cove("show", world, "--record", "books/B2").stdout)["title"] == "Tales 2"
    assert json.loads(cove("show", world, "--record", "shelves/S/0").stdout) == {"books": {"B0": 0}}


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        ("books", "books has no such id; the first is B0"),
        ("books/B9", "books has no such id; the first is B0"),
        ("films/F1", "TABLE is one of books, shelves"),
        ("", "TABLE is one of books, shelves"),
    ],
)
def test_a_record_that_is_not_there_is_one_line(world: str, place: str, fault: str) -> None:
    result = cove("show", world, "--record", place)
    assert result.exit_code == 1
    assert fault in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_file_that_is_no_world_is_one_line() -> None:
    Path("other").write_text("{}")
    for name in ("other", "nowhere"):
        result = cove("show", name)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith("error: ")
        assert result.stderr.count("\n") == 1
