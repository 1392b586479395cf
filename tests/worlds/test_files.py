"""A world comes back from its file as it was, and a file that cannot be trusted is one short error."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cove_rl.domains.retail.check import problems
from cove_rl.domains.retail.generate import DEFAULT_SIZE, generate
from cove_rl.domains.retail.records import TABLES, Order, Product, User
from cove_rl.errors import DomainError, InputError
from cove_rl.world import files
from cove_rl.world.domain import Domain, Draft
from cove_rl.world.files import load_tables, load_world, save_world
from cove_rl.world.world import Tables, World

SIZE = {"products": 3, "users": 3, "orders": 6}


class ShopOnly(Domain):
    """The retail tables without anything an agent could do."""

    name = "shop"
    tables = TABLES
    tools = ()
    constraints = ()
    default_size = DEFAULT_SIZE

    @property
    def data(self) -> Path:
        raise NotImplementedError

    def generate(self, seed: int, size: Mapping[str, int]) -> Tables:
        return generate(seed, size)

    def problems(self, tables: Tables) -> list[str]:
        return problems(tables)

    def draft(self, world: World, rng: Random, count: int) -> Draft | None:
        raise NotImplementedError

    def serve(self, desk: Any) -> Any:
        raise NotImplementedError


SHOP = ShopOnly()


@pytest.fixture(autouse=True)
def _shop_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> Domain:
        if name != SHOP.name:
            raise DomainError(f"no domain is named '{name}'; known: {SHOP.name}")
        return SHOP

    monkeypatch.setattr(files, "get_domain", find)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "world.json"


@pytest.fixture
def saved(path: Path) -> Path:
    save_world(SHOP.world(5, SIZE), path)
    return path


def refusal(path: Path, load: Callable[[Path], object] = load_world) -> str:
    with pytest.raises(InputError) as caught:
        load(path)
    message = str(caught.value)
    assert len(message) <= 400
    assert message.isprintable()
    assert "; " in message
    return message


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def an_order(content: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = next(iter(content["tables"]["orders"].values()))
    return row


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(-(2**80), 2**80), orders=st.integers(1, 20))
def test_a_world_comes_back_as_it_was(path: Path, seed: int, orders: int) -> None:
    world = SHOP.world(seed, {**SIZE, "orders": orders})
    save_world(world, path)
    back = load_world(path)
    assert back.ref == world.ref
    assert back.tables == world.tables
    for kind in TABLES.values():
        assert list(back.tables[kind]) == list(world.tables[kind])


def test_a_world_without_a_seed_comes_back_too(path: Path) -> None:
    world = World("shop", generate(1, SIZE))
    save_world(world, path)
    assert load_world(path).ref == world.ref


def test_the_file_is_what_the_format_says(saved: Path) -> None:
    content = json.loads(saved.read_text(encoding="utf-8"))
    assert list(content) == ["format", "domain", "seed", "size", "fingerprint", "tables"]
    assert content["format"] == "cove-world/1"
    assert content["seed"] == 5
    assert list(content["tables"]) == ["products", "users", "orders"]


def test_equal_worlds_make_equal_files(saved: Path, tmp_path: Path) -> None:
    save_world(SHOP.world(5, SIZE), tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == saved.read_bytes()


def test_a_save_that_fails_leaves_what_was_there(saved: Path, tmp_path: Path) -> None:
    before = saved.read_bytes()
    order = next(iter(SHOP.world(5, SIZE).rows(Order).values()))
    broken = World("shop", {Product: {}, User: {}, Order: {order.order_id: order}})
    broken.tables[Order][order.order_id].items[0].options["key"] = object()  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        save_world(broken, saved)
    assert saved.read_bytes() == before
    assert list(tmp_path.iterdir()) == [saved]


def test_saving_where_there_is_no_folder_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        save_world(SHOP.world(5, SIZE), tmp_path / "missing" / "world.json")


EDITS: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda c: c.update(format="cove-world/2"), "not a world file"),
    (lambda c: c.pop("format"), "not a world file"),
    (lambda c: c.pop("seed"), "missing required field `seed`"),
    (lambda c: c.update(extra=1), "unknown field `extra`"),
    (lambda c: c.update(seed="five"), "`$.seed`"),
    (lambda c: c.update(domain="bakery"), "no domain is named 'bakery'"),
    (lambda c: c.update(domain="b" * 100_000), "no domain is named"),
    (lambda c: c.update(size={"planes": 3}), "size names 'planes'"),
    (lambda c: c.update(fingerprint="0" * 16), "was edited after it was built"),
    (lambda c: c.update(fingerprint="0" * 10**6), "was edited after it was built"),
    (lambda c: c["tables"].pop("users"), "table 'users' is missing"),
    (lambda c: c["tables"].update(planes={}), "unknown table 'planes'"),
    (lambda c: c["tables"].update({"p" * 10**6: {}}), "unknown table 'ppp"),
    (lambda c: c["tables"].update(users=[]), "users: Expected `object`, got `array`"),
    (lambda c: an_order(c).update(status="lost"), "Invalid enum value 'lost' - at `$.status`"),
    (lambda c: an_order(c).update(status="l" * 10**6), "Invalid enum value 'lll"),
    (lambda c: an_order(c)["items"][0].update(price="9"), "`$.items[0].price`"),
    (lambda c: an_order(c).update(colour="red"), "unknown field `colour`"),
    (lambda c: an_order(c)["address"].update(planet="Mars"), "unknown field `planet` - at `$.address`"),
    (lambda c: an_order(c).pop("items"), "missing required field `items`"),
    (lambda c: an_order(c).update(user_id="nobody"), "belongs to 'nobody' (and 1 more)"),
    (lambda c: an_order(c).update(user_id="n" * 10**6), "belongs to 'nnn"),
    (lambda c: an_order(c)["items"][0].update(price=-3), "has the price -3.0"),
    (lambda c: an_order(c)["address"].update(city="Atlantis"), "was edited after it was built"),
    (lambda c: c["tables"]["orders"].update({"#" * 10**6: {}}), "orders/####"),
]


@pytest.mark.parametrize(("change", "says"), EDITS)
def test_each_fault_is_one_short_line_with_its_place(
    saved: Path, change: Callable[[dict[str, Any]], object], says: str
) -> None:
    load_world(saved)
    edit(saved, change)
    message = refusal(saved)
    assert says in message
    assert saved.name in message


def test_a_fault_in_a_row_names_the_row(saved: Path) -> None:
    edit(saved, lambda content: an_order(content).update(items=3))
    order_id = an_order(json.loads(saved.read_text()))["order_id"]
    assert f"orders/{order_id}: Expected `array`, got `int` - at `$.items`" in refusal(saved)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   ",
        b"\xff\xfe{}",
        b'{"format": "\xff"}',
        b"null",
        b"3",
        b"[]",
        b"{}",
        b'{"format": NaN}',
        b'{"format": 3}',
        b"[" * 10**6,
        b'{"format": ' + b'{"a": ' * 10**6,
        b'{"format": "cove-world/1", "tables": ' + b"[" * 10**5 + b"]" * 10**5 + b"}",
        b'{"format": "cove-world/1", "seed": ' + b"9" * 10**5 + b"}",
        b'"' + b"x" * 10**6 + b'"',
        b'{"' + b"x" * 10**6 + b'": 1}',
        b'{"format": "cove-world/1", "domain": "shop", "seed": 1, "size": {}, "fingerprint": "", "tables": {}} tail',
    ],
)
def test_what_is_no_world_file_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    refusal(path)
    refusal(path, lambda place: load_tables(SHOP, place))


def test_not_a_number_among_the_rows_is_refused(saved: Path) -> None:
    for word in (b"NaN", b"Infinity", b"1e999", b"-0x1"):
        saved.write_bytes(saved.read_bytes().replace(b'"price":', b'"price":' + word + b"+", 1))
        refusal(saved)


def test_a_path_that_is_no_file_is_refused(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "nowhere.json")
    assert "a folder" in refusal(tmp_path)
    refusal(tmp_path / ("n" * 5000))
    refusal(tmp_path / "a\0b")
    assert "not a regular file" in refusal(Path("/dev/null"))


def mutations(data: bytes) -> st.SearchStrategy[bytes]:
    """Return ways to damage a file: cut it short, change a byte, leave out or repeat a part."""
    place = st.integers(0, len(data))
    spot = st.tuples(place, place).map(sorted)
    return st.one_of(
        place.map(lambda end: data[:end]),
        st.tuples(place, st.binary(min_size=1, max_size=4)).map(lambda t: data[: t[0]] + t[1] + data[t[0] + 1 :]),
        spot.map(lambda pair: data[: pair[0]] + data[pair[1] :]),
        spot.map(lambda pair: data[: pair[1]] + data[pair[0] :]),
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_refused_or_still_the_same_world(saved: Path, data: st.DataObject) -> None:
    world = SHOP.world(5, SIZE)
    save_world(world, saved)
    damaged = data.draw(mutations(saved.read_bytes()))
    saved.write_bytes(damaged)
    try:
        found = load_world(saved)
    except InputError:
        refusal(saved)
    else:
        assert found.ref.fingerprint == world.ref.fingerprint
        assert found.tables == world.tables


def test_the_benchmarks_database_loads(tau2: Path) -> None:
    tables = load_tables(SHOP, tau2 / "domains/retail/db.json")
    assert [len(rows) for rows in tables.values()] == [50, 500, 1000]
    assert list(tables) == [Product, User, Order]


def test_a_bare_database_is_checked_like_a_world(saved: Path) -> None:
    def bare(content: dict[str, Any]) -> None:
        tables = content.pop("tables")
        content.clear()
        content.update(tables)

    edit(saved, bare)
    assert load_tables(SHOP, saved) == SHOP.world(5, SIZE).tables
    edit(saved, lambda content: next(iter(content["users"].values())).update(phone="1"))
    assert "unknown field `phone`" in refusal(saved, lambda place: load_tables(SHOP, place))
