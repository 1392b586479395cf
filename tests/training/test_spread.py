"""Synthesis on Ray: the same folder as from one process."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ray
from ray.cluster_utils import Cluster

from cove_rl.errors import InputError, SamplingError
from cove_rl.synth.plan import Plan
from cove_rl.synth.synthesis import Progress
from cove_rl.training.spread import RayTasks
from cove_rl.world.domain import get_domain
from tests.endpoints.server import Server
from tests.synth.cases import CLUMSY, content, examples, make, plan

# Ray leaves files and sockets of the processes it starts to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")


@pytest.fixture(scope="module")
def nodes() -> Iterator[Cluster]:
    """A cluster with two nodes on this machine."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    cluster.add_node(num_cpus=1)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture
def cluster(nodes: Cluster) -> str:
    """Its address."""
    return str(nodes.address)


def on(cluster: str, made_of: Plan, folder: Path, number: int, **how: Any) -> dict[str, bytes]:
    """What is in a folder that the cluster has filled."""
    make(folder, number, made_of, lambda: RayTasks(made_of, cluster, 6), **how)
    return content(folder)


def test_a_cluster_makes_the_same_folder(cluster: str, tmp_path: Path) -> None:
    made_of = plan(teachers=[CLUMSY, "oracle"], retries=1, shard=16)
    make(tmp_path / "alone", 40, made_of)
    assert on(cluster, made_of, tmp_path / "spread", 40) == content(tmp_path / "alone")


def test_a_node_that_is_lost_costs_no_task(nodes: Cluster, tmp_path: Path) -> None:
    made_of, lost = plan(seed=9), list[Any]()

    def watch(progress: Progress) -> None:
        if progress.tally.kept and not lost:
            lost.append(next(iter(nodes.worker_nodes)))
            nodes.remove_node(lost[0], allow_graceful=False)
            nodes.add_node(num_cpus=1)

    make(tmp_path / "alone", 200, made_of)
    assert on(str(nodes.address), made_of, tmp_path / "spread", 200, watch=watch) == content(tmp_path / "alone")
    assert lost


def test_conversations_with_served_models_are_had_side_by_side(cluster: str, tmp_path: Path) -> None:
    with Server() as server:
        made_of = plan(users=[f"hybrid endpoint.url={server.url} endpoint.model=m"])
        on(cluster, made_of, tmp_path, 8)
        assert server.most > 1
        assert len(examples(tmp_path)) == 8


def test_a_failure_on_a_node_is_told_as_if_it_were_here(cluster: str, tmp_path: Path) -> None:
    tiny = get_domain("retail").world(7, {"users": 1, "orders": 1}).ref
    made_of = plan(worlds=((tiny,),))
    with pytest.raises(SamplingError, match="yields no task"):
        on(cluster, made_of, tmp_path, 30)


def test_there_is_no_cluster_without_one(tmp_path: Path) -> None:
    if ray.is_initialized():
        ray.shutdown()
    with pytest.raises(InputError, match=r"no Ray cluster at '127.0.0.1:9'"):
        on("127.0.0.1:9", plan(), tmp_path, 1)


def test_a_cluster_that_asks_for_a_token_says_so(cluster: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As Ray refuses a driver without one."""

    def refuse(**_: Any) -> None:
        raise ConnectionError("Failed to connect") from RuntimeError("InvalidAuthToken: token is missing or incorrect")

    if ray.is_initialized():
        ray.shutdown()
    monkeypatch.setattr(ray, "init", refuse)
    with pytest.raises(InputError, match="RAY_AUTH_MODE=token"):
        RayTasks(plan(), cluster, 1)
