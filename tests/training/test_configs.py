"""The configurations: every environment with every profile composes, and is what verl's own checks accept."""

import subprocess
import sys
import warnings
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_module
from omegaconf import OmegaConf

from .engines import CoveTasks, Settings, build_tokenizer, cove_reward, read_settings

with warnings.catch_warnings():  # verl warns of every training engine that is not installed
    warnings.simplefilter("ignore")
    from verl.trainer.ppo.utils import need_critic, need_reference_policy
    from verl.utils.config import omega_conf_to_dataclass, validate_config
    from verl.utils.import_utils import load_extern_object

    from cove_rl.training.tiny import Size, build_tiny

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
ENVS, PROFILES, USERS = (
    sorted(path.stem for path in (CONFIGS / group).glob("*.yaml")) for group in ("env", "profile", "user")
)
PAIRS = list(product(ENVS, PROFILES))
PRESETS = {
    "cove_paper": ("+profile=2x8",),
    "cove_30b_8": ("+profile=gpu8",),
    "cove_30b_64": (),
    "cove_lora": ("+profile=gpu1",),
}
"""Presets of machines and models for GRPO, with the profile each is made for."""
SIXTEEN = ("trainer.nnodes=2", "trainer.n_gpus_per_node=8")


def composed(*overrides: str) -> Any:
    """Return verl's configuration for PPO with these overrides."""
    with initialize_config_module("verl.trainer.config", version_base=None):
        return compose("ppo_trainer", overrides=list(overrides))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model on disk: verl reads its files while it checks a configuration."""
    folder = tmp_path_factory.mktemp("tiny")
    build_tiny(folder, ["retail"], Size(vocabulary=2048, hidden=24, layers=1, heads=2), conversations=4)
    return folder


@pytest.mark.parametrize(("env", "profile"), PAIRS)
@pytest.mark.filterwarnings("ignore:Disabled critic")
def test_verl_accepts_it_on_sixteen_gpus(env: str, profile: str, tiny: Path) -> None:
    config = composed(f"+env={env}", f"+profile={profile}", f"actor_rollout_ref.model.path={tiny}", *SIXTEEN)
    OmegaConf.to_container(config, resolve=True)
    validate_config(config, need_reference_policy(config), need_critic(config))
    parts = ("actor", "model", "rollout")  # no reference policy: the recipe has no KL term
    classes = {name: omega_conf_to_dataclass(config.actor_rollout_ref[name]) for name in parts}
    algorithm = omega_conf_to_dataclass(config.algorithm)
    assert classes["actor"].strategy == "fsdp2"
    assert classes["rollout"].n == config.actor_rollout_ref.rollout.n == classes["actor"].rollout_n
    assert algorithm.adv_estimator == "grpo"
    assert load_extern_object(config.data.custom_cls.path, config.data.custom_cls.name) is CoveTasks
    chosen = config.reward.custom_reward_function
    assert load_extern_object(chosen.path, chosen.name) is cove_reward
    assert read_settings(config.data.cove) == read_settings(config.cove)


@pytest.mark.parametrize(("env", "profile"), PAIRS)
def test_lengths_and_batches_agree(env: str, profile: str) -> None:
    config = composed(f"+env={env}", f"+profile={profile}")
    settings, policy = read_settings(config.cove), config.actor_rollout_ref
    whole = config.data.max_prompt_length + config.data.max_response_length
    assert whole <= policy.rollout.max_model_len <= policy.actor.ppo_max_token_len_per_gpu
    assert settings.turn_tokens + settings.result_tokens < config.data.max_response_length
    assert settings.splits["train"].tasks % config.data.train_batch_size == 0
    assert policy.actor.ppo_mini_batch_size == config.data.train_batch_size
    assert {"train", "val", "test"} <= set(settings.splits)
    assert {config.data.train_files, config.data.val_files} == {"train", "val"}


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.filterwarnings("ignore:Disabled critic")
def test_verl_accepts_presets_of_machines(preset: str, tiny: Path) -> None:
    words = ("+env=cove_retail", *PRESETS[preset], f"+preset={preset}")
    config = composed(*words, f"actor_rollout_ref.model.path={tiny}")
    OmegaConf.to_container(config, resolve=True)
    validate_config(config, need_reference_policy(config), need_critic(config))
    policy, world = config.actor_rollout_ref, config.trainer.nnodes * config.trainer.n_gpus_per_node
    actor, model, rollout = (omega_conf_to_dataclass(policy[name]) for name in ("actor", "model", "rollout"))
    sequence = actor.ulysses_sequence_parallel_size
    assert actor.engine.ulysses_sequence_parallel_size == sequence
    assert model.lora_rank == (32 if preset == "cove_lora" else 0)
    assert world % sequence == world % rollout.tensor_model_parallel_size == 0
    whole = config.data.max_prompt_length + config.data.max_response_length
    assert whole <= rollout.max_model_len <= actor.ppo_max_token_len_per_gpu * sequence
    assert config.data.train_batch_size * rollout.n >= world // sequence
    assert read_settings(config.cove).splits["train"].tasks % config.data.train_batch_size == 0


def test_the_large_presets_have_eigendatas_groups() -> None:
    for preset, nodes in (("cove_30b_8", 1), ("cove_30b_64", 8)):
        config = composed("+env=cove_airline", *PRESETS[preset], f"+preset={preset}")
        assert config.actor_rollout_ref.model.path == "Qwen/Qwen3-30B-A3B-Instruct-2507"
        assert (config.data.train_batch_size, config.actor_rollout_ref.rollout.n) == (8, 64)
        assert (config.trainer.nnodes, config.trainer.n_gpus_per_node) == (nodes, 8)


def test_the_environment_alone_is_the_papers_recipe() -> None:
    config = composed("+env=cove_retail")
    rollout, actor = config.actor_rollout_ref.rollout, config.actor_rollout_ref.actor
    found = {
        "model": config.actor_rollout_ref.model.path,
        "engine": rollout.name,
        "group": rollout.n,
        "temperature": rollout.temperature,
        "batch": config.data.train_batch_size,
        "rate": actor.optim.lr,
        "turns": (config.cove.user_turns, config.cove.agent_turns),
        "filter": (config.algorithm.filter_groups.enable, config.algorithm.filter_groups.metric),
        "refill": config.trainer.v1.sampler.sync_refill_failed_groups,
    }
    assert found == {
        "model": "Qwen/Qwen3-4B-Instruct-2507",
        "engine": "sglang",
        "group": 16,
        "temperature": 1.0,
        "batch": 64,
        "rate": 1e-6,
        "turns": (32, 40),
        "filter": (True, "success"),
        "refill": True,
    }


def test_the_paper_preset_is_its_machine() -> None:
    config = composed("+env=cove_retail", "+preset=cove_paper")
    assert (config.trainer.nnodes, config.trainer.n_gpus_per_node) == (2, 8)


@pytest.mark.parametrize(("env", "user"), list(product(ENVS, USERS)))
def test_users_are_known_to_the_settings(env: str, user: str) -> None:
    assert isinstance(read_settings(composed(f"+env={env}", f"+user={user}").cove), Settings)


@pytest.mark.parametrize("user", USERS)
def test_a_user_is_of_the_kind_its_configuration_is_named_after(user: str) -> None:
    assert read_settings(composed("+env=cove_retail", f"+user={user}").cove).user.__struct_config__.tag == user


def test_settings_of_a_user_are_given_on_the_command_line() -> None:
    url, key = "http://192.0.2.7:8000/v1", "MY_KEY"
    changes = (f"cove.user.endpoint.url={url}", f"cove.user.endpoint.key_env={key}", "+cove.user.endpoint.rate=3")
    user = read_settings(composed("+env=cove_retail", "+user=openai", *changes).cove).user
    assert (user.endpoint.url, user.endpoint.key_env, user.endpoint.rate) == (url, key, 3.0)  # type: ignore[union-attr]


def test_members_of_an_ensemble_are_taken_out_and_put_in_on_the_command_line() -> None:
    changes = ("~cove.user.members.b", "+cove.user.members.d={user: {kind: scripted}, weight: 2}")
    user = read_settings(composed("+env=cove_retail", "+user=ensemble", *changes).cove).user
    assert list(user.members) == ["a", "c", "d"]  # type: ignore[union-attr]


def test_a_mix_of_domains_has_the_kinds_of_both_in_every_reward() -> None:
    kwargs = composed("+env=cove_mix").reward.custom_reward_function.reward_kwargs
    assert set(kwargs.domains) == {"retail", "airline"}


def test_only_the_cpu_profile_asks_for_the_cpu() -> None:
    for profile in PROFILES:
        config = composed("+env=cove_retail", f"+profile={profile}")
        asked = OmegaConf.select(config, "ray_kwargs.ray_init.runtime_env.env_vars.VERL_PLATFORM")
        expected = ("cpu", "hf") if profile == "cpu" else (None, "sglang")
        assert (asked, config.actor_rollout_ref.rollout.name) == expected


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ((), (64, 1, "local")),
        (("trainer.n_gpus_per_node=2",), (64, 2, "local")),
        (("ray_kwargs.ray_init.address=auto",), (None, None, "auto")),
        (("ray_kwargs.ray_init.address=192.0.2.1:6379",), (None, None, "192.0.2.1:6379")),
    ],
)
def test_ray_is_told_of_nominal_resources_unless_it_joins_a_cluster(
    overrides: tuple[str, ...], expected: tuple[Any, ...]
) -> None:
    ray = composed("+env=cove_retail", "+profile=cpu", *overrides).ray_kwargs.ray_init
    assert (ray.num_cpus, ray.num_gpus, ray.address) == expected


def test_nothing_hides_a_group_of_verls() -> None:
    import verl.trainer.config as theirs

    taken = {path.name for path in Path(str(theirs.__path__[0])).iterdir()}
    ours = {path.name for path in CONFIGS.iterdir() if path.is_dir()}
    assert not ours & taken


@pytest.mark.parametrize("path", sorted(CONFIGS.rglob("*.yaml")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_files_are_short_and_global(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# @package _global_"
    assert lines[1].startswith("# ")
    assert len(lines) <= 100


def test_verls_own_entry_point_finds_them_from_anywhere(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "verl.trainer.main_ppo", "+env=cove_retail", "+profile=2x8", "--cfg", "job"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    config = OmegaConf.create(done.stdout[done.stdout.index("actor_rollout_ref:") :])
    assert config.actor_rollout_ref.rollout.agent.default_agent_loop == "cove_agent"
    assert config.trainer.nnodes == 2


def test_the_tiny_tokenizer_fits_the_cpu_profile() -> None:
    from cove_rl.episode.chat import system_message
    from cove_rl.world.domain import get_domain

    config = composed("+env=cove_retail", "+profile=cpu")
    tokenizer: Any = build_tokenizer(["retail"], 8192, 60)
    domain = get_domain("retail")
    prompt = tokenizer.apply_chat_template([system_message(domain)], tools=domain.toolbox.schemas())["input_ids"]
    assert len(prompt) < config.data.max_prompt_length
