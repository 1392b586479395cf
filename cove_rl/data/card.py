"""The card of an exported data set: what is in it, where it comes from, how to verify it. Equal data, equal card."""

from collections.abc import Mapping, Sequence

import msgspec

from cove_rl import __version__
from cove_rl.data.stats import Stats
from cove_rl.distribution import describe
from cove_rl.sandbox import read_text
from cove_rl.synth.manifest import Manifest
from cove_rl.world.world import WorldRef

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
"""Hugging Face's names of sizes."""


def card(
    stats: Stats, title: str, licence: str, manifest: Manifest | None = None, sides: Sequence[str] = ("train",)
) -> str:
    """Return the card as Markdown with Hugging Face's front matter.

    Args:
        stats: the figures of the data set.
        title: its name.
        licence: an identifier of Hugging Face's, such as apache-2.0.
        manifest: how it was synthesised, if that is known.
        sides: names of the sides it is split into, with the files that begin with them.
    """
    return read_text("dataset_card.md").format(
        title=_plain(title),
        quoted_title=_quoted(title),
        licence=_plain(licence),
        quoted_licence=_quoted(licence),
        files="\n".join(f'  - split: {side}\n    path: "{side}-*.parquet"' for side in sides),
        size=next((name for limit, name in SIZES if stats.conversations < limit), "n>1M"),
        version=__version__,
        conversations=f"{stats.conversations:,}",
        tasks=f"{stats.tasks:,}",
        duplicates=f"{stats.duplicates:,}",
        verified=_verified(stats),
        counts="\n\n".join(_counts(name, counts) for name, counts in stats.counts().items() if counts),
        distributions="\n".join(_distributions(stats)),
        worlds=_worlds(list(stats.worlds.values())),
        provenance=_provenance(manifest),
    )


def _verified(stats: Stats) -> str:
    scores = stats.measures["score"]
    whole = sum(score == 1.0 for score in scores)
    return f"{len(scores):,} conversations were verified when they were made, {whole:,} of them with a score of 1.0."


def _counts(name: str, counts: Mapping[str, int]) -> str:
    rows = [f"| {_cell(value)} | {count:,} |" for value, count in counts.items()]
    return "\n".join([f"| {name} | conversations |", "|---|---|", *rows])


def _distributions(stats: Stats) -> list[str]:
    rows = []
    for name, numbers in stats.measures.items():
        found = describe(numbers)
        figures = (found.mean, found.min, found.p5, found.p50, found.p95, found.max)
        cells = ["-" if figure is None else f"{figure:,.10g}" for figure in map(_rounded, figures)]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return rows


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 2)


def _worlds(worlds: list[WorldRef]) -> str:
    rows = [
        f"| {_cell(world.domain)} | {'-' if world.seed is None else world.seed} | {_cell(world.fingerprint) or '-'} | "
        f"{', '.join(f'{count:,} {_cell(table)}' for table, count in world.size.items()) or '-'} |"
        for world in sorted(worlds, key=_world_order)
    ]
    return "\n".join(["| world of | seed | fingerprint | rows |", "|---|---|---|---|", *rows])


def _world_order(world: WorldRef) -> tuple[str, int, str]:
    return world.domain, -1 if world.seed is None else world.seed, world.fingerprint


def _provenance(manifest: Manifest | None) -> str:
    if manifest is None:
        return "How the conversations were made was not recorded beside them."
    known = {name: value for name, value in msgspec.structs.asdict(manifest).items() if name != "shards"}
    text = msgspec.json.format(msgspec.json.encode(known), indent=2).decode()
    return f"How it was synthesised (`cove synth`):\n\n```json\n{text}\n```"


def _cell(text: str) -> str:
    """Return a text that stays within one cell of a table, whatever is in it."""
    return _plain(text).replace("\\", "\\\\").replace("|", "\\|")


def _plain(text: str) -> str:
    """Return a text on one line, without control characters."""
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()


def _quoted(text: str) -> str:
    """Return a text as a YAML string."""
    return msgspec.json.encode(_plain(text)).decode()
