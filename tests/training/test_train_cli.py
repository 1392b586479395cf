"""`cove train sft`: the command it starts, how long the run is, how it goes on, and what it says in the end."""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

pytest.importorskip("verl", reason="needs the train extra")

from hydra.core.override_parser.overrides_parser import OverridesParser

from cove_rl.cli import train
from cove_rl.cli.main import app
from cove_rl.cli.program import Step
from cove_rl.errors import InputError

from .cases import solved
from .fine_tuning import compose, sft_run

CPU = ["--profile", "cpu"]


def cove(*words: str) -> Any:
    return CliRunner().invoke(app, ["train", "sft", *words])


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file with 20 conversations, in the folder the command runs in."""
    monkeypatch.chdir(tmp_path)
    Path("model").mkdir()
    Path("a.jsonl").write_bytes(b"".join(msgspec.json.encode(one.trajectory) + b"\n" for one in solved(20)))
    return "a.jsonl"


class Trainer:
    """Stands for verl's: notes how it was started, makes some steps, and leaves a checkpoint."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[dict[str, Any]] = []
        self.steps = 4
        monkeypatch.setattr(train, "run_program", self)

    def __call__(self, command: Sequence[str], log: Path, metrics: Path, environment: Any, seen: Any) -> list[Step]:
        out = next(Path(word.partition("=")[2]) for word in command if word.startswith("trainer.default_local_dir="))
        self.calls.append({"command": list(command), "metrics": metrics.name, "environment": environment})
        checkpoint = out / f"global_step_{self.steps}"
        (checkpoint / "huggingface").mkdir(parents=True)
        (checkpoint / "huggingface" / "config.json").write_text("{}")
        (checkpoint / "data_0.pt").touch()
        (out / "latest_checkpointed_iteration.txt").write_text(str(self.steps))
        made = [Step(step, {"train/loss": 4.0 / step}) for step in range(1, self.steps + 1)]
        made.append(Step(self.steps, {"val/loss": 0.5}))
        seen(made[:2])
        seen(made)
        return made


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> Trainer:
    return Trainer(monkeypatch)


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.sampled_from(" '\"\\,={}[]$"), min_size=1)
)
def test_a_quoted_value_means_itself_to_hydra(text: str) -> None:
    (parsed,) = OverridesParser.create().parse_overrides([f"key=[{sft_run.quoted(text)}]"])
    values: Any = parsed.value()
    (found,) = values
    assert str(getattr(found, "text", found)) == text


def test_a_dry_run_prints_the_command_and_does_nothing(data: str, trainer: Trainer) -> None:
    result = cove("--data", data, *CPU, "--model", "model", "--steps", "9", "--dry-run", "optim.lr=1e-3")
    assert result.exit_code == 0, result.stderr
    words = shlex.split(result.stdout)
    assert words[:4] == ["VERL_PLATFORM=cpu", "python", "-m", "torch.distributed.run"]
    assert words[words.index("verl.trainer.sft_trainer") + 1 :] == [
        "+env=cove_retail",
        "+profile=cpu",
        "+preset=[cove_sft,cove_sft_tiny]",
        "data.train_files=[a.jsonl]",
        "data.val_files=null",
        "actor_rollout_ref.model.path=model",
        "trainer.total_training_steps=9",
        "trainer.total_epochs=9",
        "trainer.default_local_dir=outputs/sft",
        "trainer.logger=[console,file]",
        "hydra.run.dir=outputs/sft",
        "hydra.output_subdir=null",
        "optim.lr=1e-3",
    ]
    assert trainer.calls == []
    assert not Path("outputs").exists()


def test_the_papers_values_are_the_default() -> None:
    order = sft_run.Order(("a.jsonl",), (), "", "cove_retail", "gpu8", Path("out"))
    config = compose(sft_run.overrides_of(order), "sft_trainer_engine")
    optim = config["optim"]
    assert (optim["optimizer"], optim["lr"], config["data"]["train_batch_size"]) == ("AdamW", 1e-6, 128)
    assert (config["model"]["path"], config["trainer"]["total_epochs"]) == ("Qwen/Qwen3-4B-Instruct-2507", 1)
    assert set(config["checkpoint"]["load_contents"]) < set(config["checkpoint"]["save_contents"])
    launch = sft_run.launch_of(order, config)
    assert (launch.environment, "--nproc-per-node=8" in launch.command) == ({}, True)


def test_several_nodes_meet_somewhere() -> None:
    result = cove("--data", "train", "--profile", "2x8", "--dry-run")
    assert (result.exit_code, "--rendezvous HOST:PORT" in result.stderr) == (1, True)
    result = cove("--data", "train", "--profile", "2x8", "--rendezvous", "node-1:29500", "--dry-run")
    assert "--nnodes=2" in result.stdout
    assert "--rdzv-endpoint=node-1:29500 --nproc-per-node=8" in result.stdout


def test_a_run_says_what_it_trains_on_every_step_and_what_came_of_it(data: str, trainer: Trainer) -> None:
    result = cove("--data", data, "--val", data, "--epochs", "2", *CPU, "--model", "model")
    assert result.exit_code == 0, result.stderr
    assert "20 conversations: 20 retail" in result.stderr
    assert "step 1/4: loss 4.0000" in result.stderr
    assert result.stderr.count("step 4/4: loss 1.0000") == 1
    checkpoint = "outputs/sft/global_step_4/huggingface"
    assert result.stdout.splitlines() == [
        "4 steps, loss 4.0000 at the first, 1.0000 at the last",
        "validation after step 4: loss 0.5000",
        f"model: {checkpoint}",
        "GRPO from it: VERL_PLATFORM=cpu python -m verl.trainer.main_ppo +env=cove_retail +profile=cpu "
        f"actor_rollout_ref.model.path={checkpoint}",
    ]
    (call,) = trainer.calls
    assert call["environment"] == {"VERL_PLATFORM": "cpu"}
    assert "trainer.test_freq=${trainer.save_freq}" in call["command"]


def test_a_run_that_is_complete_is_not_run_again(data: str, trainer: Trainer) -> None:
    words = ("--data", data, *CPU, "--model", "model", "--steps", "4", "--json")
    reports = [json.loads(cove(*words).stdout) for _ in range(2)]
    assert len(trainer.calls) == 1
    assert [report.pop("loss") for report in reports] == [[4.0, 1.0], None]
    assert reports[0] == reports[1]


def test_a_run_goes_on_after_the_newest_checkpoint(data: str, trainer: Trainer) -> None:
    words = ("--data", data, *CPU, "--model", "model", "data.train_batch_size=5")
    trainer.steps = 3  # as if it had been interrupted
    assert cove(*words).exit_code == 0
    trainer.steps = 4
    result = cove(*words)
    assert "going on after step 3" in result.stderr
    assert [call["metrics"] for call in trainer.calls] == ["metrics-0.jsonl", "metrics-3.jsonl"]
    assert Path("outputs/sft/global_step_3/data_0.pt").exists()
    trainer.steps = 8
    assert "going on after step 4" in cove(*words, "--epochs", "2").stderr
    assert not Path("outputs/sft/global_step_4/data_0.pt").exists()  # the first epoch was over


def test_a_folder_of_another_run_is_refused_unless_forced(data: str, trainer: Trainer) -> None:
    assert cove("--data", data, *CPU, "--model", "model").exit_code == 0
    result = cove("--data", data, *CPU, "--model", "model", "optim.lr=1")
    assert (result.exit_code, "was begun with other options" in result.stderr) == (1, True)
    assert cove("--data", data, *CPU, "--model", "model", "optim.lr=1", "--force").exit_code == 0
    assert len(trainer.calls) == 2


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--data", "b.jsonl"), "cannot read b.jsonl"),
        (("--data", "trian"), "there is no split 'trian'"),
        (("--data", "a.jsonl", "--epochs", "1", "--steps", "1"), "give one of them"),
        (("--data", "a.jsonl", "data.train_batch_size=21"), "20 conversations fill no batch of 21"),
        (
            ("--data", "train", "--val", "a.jsonl", "data.train_batch_size=21"),
            "20 conversations to validate on fill no",
        ),
        (("--data", "a.jsonl", "trainer.total_training_steps=3"), "3 steps are more than the 2 of 1 epochs"),
        (("--data", "a.jsonl", "optim.nothing=3"), "does not compose"),
        (("--data", "a.jsonl", "--env", "cove_bakery"), "does not compose"),
    ],
)
def test_what_cannot_be_run_is_one_line(words: tuple[str, ...], fault: str, data: str, trainer: Trainer) -> None:
    result = cove(*words, *CPU, "--model", "model")
    assert (result.exit_code, len(result.stderr.splitlines()[-1:]), result.stdout) == (1, 1, "")
    assert fault in result.stderr
    assert trainer.calls == []
    assert not Path("outputs").exists()


def test_a_conversation_that_is_none_is_found_before_the_run(data: str, trainer: Trainer) -> None:
    Path("b.jsonl").write_text(Path(data).read_text() + "{}\n")
    result = cove("--data", "b.jsonl", *CPU, "--model", "model")
    assert (result.exit_code, "b.jsonl line 21" in result.stderr, trainer.calls) == (1, True, [])


def test_domains_the_environment_does_not_have_are_told_of(data: str, trainer: Trainer) -> None:
    result = cove("--data", data, *CPU, "--env", "cove_airline", "--model", "model")
    assert "cove_airline does not have retail" in result.stderr


@given(st.integers(1, 500), st.integers(1, 64), st.sampled_from([1, 2, 8]), st.integers(1, 3))
def test_a_runs_length_is_the_trainers(rows: int, batch: int, workers: int, epochs: int) -> None:
    from torch.utils.data import DataLoader, DistributedSampler

    trainer = {"nnodes": 1, "n_gpus_per_node": workers, "total_epochs": epochs, "total_training_steps": None}
    config = {"data": {"train_batch_size": batch * workers}, "trainer": trainer}
    items: Any = range(rows)
    sampler: Any = DistributedSampler(items, num_replicas=workers, rank=0, drop_last=True)
    expected = len(DataLoader(items, batch_size=batch, sampler=sampler, drop_last=True))
    if rows < workers or not expected:
        with pytest.raises(InputError, match="fill no batch"):
            sft_run.length_of(rows, config)
    else:
        assert sft_run.length_of(rows, config) == sft_run.Length(rows, expected, expected * epochs)
