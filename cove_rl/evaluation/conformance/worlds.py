"""Checks of the worlds a domain generates, and of what it finds wrong with worlds."""

from pathlib import Path
from tempfile import TemporaryDirectory

from cove_rl.evaluation.conformance.check import Cases, Check, NotApplicable, Note, check
from cove_rl.evaluation.conformance.elsewhere import elsewhere
from cove_rl.evaluation.conformance.faults import words_of
from cove_rl.evaluation.conformance.plants import planted
from cove_rl.evaluation.conformance.subject import Subject
from cove_rl.world.files import load_world, save_world

SEEDS = 3
"""Worlds that are compared."""
REPRODUCIBLE = (
    "Draw everything from one `random.Random` seeded with a text that has the seed in it; iterate over no set, and use "
    "no clock, no `hash()`, no module-level `random`."
)


@check(
    "Whatever a tool or a goal relies on must hold in every world, or episodes break down for no fault of the agent's.",
    "Correct `generate`, or what `problems` complains about.",
)
def world_is_sound(subject: Subject) -> Cases:
    """Generated worlds have the declared tables, and `problems` finds nothing wrong with them."""
    domain = subject.domain.get()
    worlds = [subject.world.make(), *(subject.new_world(at) for at in range(1, SEEDS))]
    for world in worlds:
        seed = world.ref.seed
        have, declared = list(world.tables), list(domain.tables.values())
        names = [kind.__name__ for kind in have]
        yield "" if have == declared else f"seed {seed}: the tables are of {names}, not as `tables` has them, in order"
        for kind, rows in world.tables.items():
            wrong = next((key for key, row in rows.items() if type(row) is not kind or type(key) is not str), None)
            yield "" if wrong is None else f"seed {seed}: the {kind.__name__} filed under {wrong!r} is none"
        found = domain.problems(world.tables)
        yield "" if not found else f"seed {seed}: {found[0]}"
    count = sum(map(len, worlds[0].tables.values()))
    yield Note(f"{count} rows in a world of the usual size")


@check("A task names its world by seed and fingerprint, and the world is generated again for it.", REPRODUCIBLE)
def world_repeats(subject: Subject) -> Cases:
    """The same seed and size give the same fingerprint."""
    subject.world.get()
    for at in range(SEEDS):
        one, same = (subject.new_world(at).ref for _ in range(2))
        yield "" if one == same else f"seed {one.seed} gave {one.fingerprint}, and then {same.fingerprint}"


@check("Training generates worlds and tasks in other processes and on other machines.", REPRODUCIBLE)
def world_repeats_elsewhere(subject: Subject) -> Cases:
    """A new process, which orders sets differently, generates the same world."""
    here = subject.world.get().ref
    for hash_seed in (1, 2):
        there = elsewhere(subject.name, subject.sizes.seed, 0, hash_seed)
        other = f"seed {here.seed} gives {here.fingerprint}, but {there.fingerprint} with PYTHONHASHSEED={hash_seed}"
        yield "" if there.fingerprint == here.fingerprint else there.fault or other


@check(
    "Training and held-out tasks come from different worlds.",
    "Let all that is random in `generate` depend on the seed.",
)
def seeds_differ(subject: Subject) -> Cases:
    """Different seeds give different worlds."""
    subject.world.get()
    prints: dict[str, int | None] = {}
    for at in range(SEEDS):
        ref = subject.new_world(at).ref
        other = prints.setdefault(ref.fingerprint, ref.seed)
        yield "" if other == ref.seed else f"seeds {other} and {ref.seed} both give {ref.fingerprint}"


@check(
    "Worlds are kept in files, and trusted only if what is read has the same fingerprint.",
    "Use field types that msgspec can read back, and return the tables in the order of `tables`.",
)
def world_survives_a_file(subject: Subject) -> Cases:
    """A world that is saved and loaded is the same world."""
    world = subject.world.get()
    with TemporaryDirectory() as folder:
        file = Path(folder) / "world.json"
        save_world(world, file)
        loaded = load_world(file)
    yield "" if loaded.ref == world.ref else f"{world.ref} came back as {loaded.ref}"


@check(
    "A world from a file is checked with `problems` alone, before conversations are held in it.",
    "Have `problems` look every id up that a row names, and compare each row's own id with the one it is filed under.",
)
def problems_are_noticed(subject: Subject) -> Cases:
    """`problems` finds ids that lead nowhere and rows filed under a wrong id."""
    domain, world = subject.domain.get(), subject.world.get()
    plants = list(planted(domain, world, subject.sizes.seed))
    if not plants:
        raise NotApplicable("no field of a row holds its own id or another row's, as far as can be seen")
    for plant in plants:
        try:
            noticed = bool(domain.problems(plant.tables))
        except Exception as error:
            yield f"{plant.words}: `problems` must report that, and raised {words_of(error, subject.folders)}"
            continue
        yield "" if noticed else f"{plant.words}: `problems` found nothing"


CHECKS: tuple[Check, ...] = (
    world_is_sound,
    world_repeats,
    world_repeats_elsewhere,
    seeds_differ,
    world_survives_a_file,
    problems_are_noticed,
)
