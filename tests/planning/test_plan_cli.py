"""`cove plan`, and the figures of docs/scale.md."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cove_rl.cli.main import app
from cove_rl.planning.memory import GIB

PAGE = Path(__file__).resolve().parents[2] / "docs" / "scale.md"

pytest.importorskip("verl", reason="composing a run needs verl: pip install '.[train]'")


def run(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["plan", *words])
    return done.exit_code, done.stdout, done.stderr


def planned(*words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*words, "--json")[1])
    return found


def gib(figures: list[dict[str, Any]]) -> str:
    return f"{sum(one['bytes'] for one in figures) / GIB:.1f}"


def rows() -> list[tuple[str, ...]]:
    """Return the cells of the table of presets in docs/scale.md."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `+")]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]


def test_the_page_has_every_preset_for_gpus() -> None:
    named = " ".join(row[0] for row in rows())
    assert {"gpu1", "gpu8", "2x8"} == set(re.findall(r"\+profile=(\w+)", named))
    assert {"cove_paper", "cove_30b_8", "cove_30b_64", "cove_lora"} == set(re.findall(r"\+preset=(\w+)", named))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0].strip("`"))
def test_the_pages_figures_are_the_commands(row: tuple[str, ...]) -> None:
    made = planned(*row[0].strip("`").split())
    counts = {one["name"]: f"{one['count']:,}" for one in made["batches"]}
    expected = (
        gib(made["training"]),
        gib(made["rollout"]),
        gib(made["host"]),
        f"{made['cached']:,}",
        str(made["longest"]),
        counts["trajectories of an engine"],
        counts["micro-batches of a worker"],
    )
    assert row[1:] == expected
    assert made["faults"] == []


def test_the_worked_example_is_what_the_command_prints() -> None:
    _, shown, _ = run("+profile=2x8", "+preset=cove_paper")
    page = {" ".join(line.split()) for line in PAGE.read_text(encoding="utf-8").splitlines()}
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    figures = [line for line in lines if re.search(r" \d+\.\d ", f"{line} ")]
    assert len(figures) > 12
    assert [line for line in figures if line not in page] == []


def test_options_are_laid_over_the_run() -> None:
    made = planned("--model", "Qwen3-8B", "--gpus", "4", "--nodes", "3", "--gpu-memory", "141")
    assert made["parameters"] == 8_190_735_360
    assert made["gpu"] == 141 * GIB
    assert {one["name"]: one["count"] for one in made["batches"]}["engines"] == 12


def test_a_model_of_ones_own(tmp_path: Path) -> None:
    config = {"num_hidden_layers": 2, "hidden_size": 64, "intermediate_size": 128, "num_attention_heads": 4}
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**config, "vocab_size": 1000, "max_position_embeddings": 32768}))
    code, shown, _ = run("+profile=gpu1", "--model", str(path))
    assert code == 0
    assert "it fits" in shown


def test_what_does_not_fit_ends_with_an_error() -> None:
    code, _, said = run("+profile=gpu8", "--gpu-memory", "40")
    assert code == 1
    assert "does not fit: an update needs" in " ".join(said.split())


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("+profile=cpu",), "only FSDP2 with SGLang"),
        (("+profile=nowhere",), "does not compose"),
        (("+profile=gpu8", "--model", "nobody/knows"), "not known"),
        (("gpu8",), "KEY=VALUE"),
        (("+profile=gpu8", "actor_rollout_ref.actor.use_dynamic_bsz=false"), "use_dynamic_bsz=true"),
        (("+profile=gpu8", "actor_rollout_ref.rollout.gpu_memory_utilization=1.5"), "cannot be planned"),
    ],
)
def test_what_cannot_be_planned(words: tuple[str, ...], fault: str) -> None:
    code, _, said = run(*words)
    assert code == 1
    assert fault in " ".join(said.split())
