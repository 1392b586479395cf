"""Wait until a Ray cluster has its nodes: `python await_ray.py HOST:PORT NODES SECONDS`, on one of the nodes."""

import logging
import sys
import time

import ray


def alive(address: str) -> int:
    """Return how many nodes of a cluster are alive; 0 if it does not answer."""
    try:
        ray.init(address, log_to_driver=False, logging_level=logging.CRITICAL)
        nodes = ray.nodes()  # type: ignore[no-untyped-call]
        return sum(node["Alive"] for node in nodes)
    except (ConnectionError, RuntimeError, TimeoutError, ValueError):
        return 0
    finally:
        ray.shutdown()


def main(address: str, nodes: int, seconds: float) -> None:
    """Wait for so many nodes; end with an error if they do not come in time."""
    end = time.monotonic() + seconds
    while (here := alive(address)) < nodes:
        if time.monotonic() > end:
            sys.exit(f"error: after {seconds:g} s Ray has {here} of {nodes} nodes at {address}")
        time.sleep(1)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
