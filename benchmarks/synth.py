"""Measure synthesis: conversations kept a second, memory over the run, and that being killed changes nothing.

Run it with ``python benchmarks/synth.py -n 12000 -j 2``; ``--kills 5`` does it once more, ends all of it with SIGKILL
at five random moments, and compares the folders; ``--json`` prints figures for a machine to read.
"""

import os
import resource
import signal
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from hashlib import sha256
from multiprocessing import active_children
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

import msgspec

from cove_rl.synth.plan import Plan, teachers_from, users_from
from cove_rl.synth.synthesis import Progress, synthesize
from cove_rl.synth.workers import workers_for
from cove_rl.tasks.difficulty import Difficulty
from cove_rl.world.domain import get_domain

SEED = 7
SAMPLES = 20
"""Times that memory is looked at during a run."""


class Memory(msgspec.Struct, frozen=True):
    """Resident memory in MB at one moment.

    Attributes:
        kept: examples so far.
        own: of the process that collects.
        workers: of the processes that play, each.
    """

    kept: int
    own: float
    workers: tuple[float, ...]


class Figures(msgspec.Struct, frozen=True):
    """What was measured.

    Attributes:
        kept: examples.
        tasks: tasks played for them.
        seconds: wall-clock time, the start of the processes included.
        rate: examples a second.
        cpu: seconds of all processes, which a busy machine does not change much.
        memory: over the run.
        bytes: of the folder.
        kills: how often the other run was killed.
        same: whether its folder is the same, byte for byte; None if there was none.
    """

    kept: int
    tasks: int
    seconds: float
    rate: float
    cpu: float
    memory: tuple[Memory, ...]
    bytes: int
    kills: int = 0
    same: bool | None = None


def plan_of(options: Namespace) -> Plan:
    """Return what is made."""
    domains = [get_domain(name) for name in options.domain.split(",")]
    worlds = tuple(tuple(domain.world(SEED + number).ref for number in range(options.worlds)) for domain in domains)
    return Plan(worlds, SEED, Difficulty(), teachers_from([options.teacher]), users_from([options.user]))


def resident(pid: int) -> float:
    """Return the resident memory of a process in MB; NaN where the system does not tell."""
    status = Path(f"/proc/{pid}/statm")
    pages = int(status.read_text().split()[1]) if status.exists() else float("nan")
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def cpu() -> float:
    """Return the seconds this process and those it started and saw end have computed for."""
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in parts)


def run(options: Namespace, folder: Path) -> Figures:
    """Fill a folder and return what was measured."""
    memory: list[Memory] = []

    def watch(progress: Progress) -> None:
        if progress.tally.kept >= len(memory) * options.number / SAMPLES:
            workers = tuple(resident(one.pid) for one in active_children() if one.pid is not None)
            memory.append(Memory(progress.tally.kept, resident(os.getpid()), workers))

    start, before = perf_counter(), cpu()
    plan = plan_of(options)
    manifest = synthesize(
        plan, options.number, folder, lambda: workers_for(plan, options.jobs, options.together), watch=watch
    )
    seconds, kept = perf_counter() - start, manifest.counts.kept
    size = sum(path.stat().st_size for path in folder.iterdir())
    return Figures(kept, manifest.counts.tasks, seconds, kept / seconds, cpu() - before, tuple(memory), size)


def killed(options: Namespace, folder: Path, seconds: float) -> int:
    """Fill a folder with a process that is killed now and then; return how often it was.

    Args:
        options: of this command.
        folder: where to.
        seconds: what it takes undisturbed.
    """
    arguments = [*sys.argv[1:], "--out", str(folder), "--kills", "0", "--json"]
    rng, kills = Random(SEED), 0  # noqa: S311  (moments, not security)
    for _ in range(options.kills):
        process = subprocess.Popen([sys.executable, __file__, *arguments], stdout=subprocess.DEVNULL)  # noqa: S603
        sleep(seconds / (options.kills + 1) * rng.uniform(0.3, 1.2))
        kills += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
    subprocess.run([sys.executable, __file__, *arguments], stdout=subprocess.DEVNULL, check=True)  # noqa: S603
    return kills


def digest(folder: Path) -> str:
    """Return a digest of everything in a folder."""
    whole = sha256()
    for path in sorted(folder.iterdir()):
        whole.update(path.name.encode() + sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def measure(options: Namespace, folder: Path) -> Figures:
    """Fill one folder undisturbed and, if that is wanted, another one between kills."""
    figures = run(options, folder / "whole" if options.out is None else options.out)
    if not options.kills:
        return figures
    kills = killed(options, folder / "killed", figures.seconds)
    same = digest(folder / "whole") == digest(folder / "killed")
    return msgspec.structs.replace(figures, kills=kills, same=same)


def main() -> None:
    """Measure and print."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("-n", "--number", type=int, default=2000, help="examples")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--domain", default="retail,airline")
    parser.add_argument("--worlds", type=int, default=4, help="of each domain")
    parser.add_argument("--teacher", default="oracle")
    parser.add_argument("--user", default="scripted")
    parser.add_argument("--together", type=int, default=256, help="conversations at once, with served models")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--out", type=Path, help="a folder to fill, or to go on with; else one that is removed")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        figures = measure(options, Path(name))
    if options.json:
        sys.stdout.buffer.write(msgspec.json.encode(figures) + b"\n")
    else:
        show(figures)


def show(figures: Figures) -> None:
    """Print the figures."""
    print(f"{figures.kept} kept of {figures.tasks} tasks in {figures.seconds:.1f} s: {figures.rate:.1f}/s")
    print(f"{figures.cpu:.1f} s of CPU, {1000 * figures.cpu / max(figures.kept, 1):.1f} ms each")
    print(f"{figures.bytes / 2**20:.1f} MB written")
    for one in figures.memory:
        print(f"at {one.kept:6}: {one.own:.0f} MB, workers {' '.join(f'{mb:.0f}' for mb in one.workers)}")
    if figures.same is not None:
        print(f"killed {figures.kills} times: {'the same' if figures.same else 'ANOTHER'} folder")


if __name__ == "__main__":
    main()
