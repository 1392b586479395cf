"""The top level: lazy commands, one-line errors, exit statuses, logs."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from cove_rl import __version__
from cove_rl.cli.logs import Level, setup
from cove_rl.cli.main import COMMANDS, CoveGroup, app
from cove_rl.errors import CoveError, InputError

Install = Callable[..., None]
LEVELS = [level.value for level in Level]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a module with the given content where the command line looks for the command of that name."""
    monkeypatch.setattr(CoveGroup, "package", "pretend")

    def put(name: str, **content: object) -> None:
        module = ModuleType(f"pretend.{name}")
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, module.__name__, module)

    monkeypatch.setitem(sys.modules, "pretend", ModuleType("pretend"))
    return put


@pytest.fixture(autouse=True)
def _root_logger() -> Iterator[None]:
    root = logging.getLogger()
    before = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = before


def failing(fault: BaseException) -> Callable[[], None]:
    def play() -> None:
        raise fault

    return play


def test_help_lists_every_command_and_imports_none() -> None:
    script = (
        "import sys; from cove_rl.cli.main import app\n"
        "try: app(['--help'], prog_name='cove')\n"
        "except SystemExit as end: print(end.code, [m for m in sys.modules if m.startswith('cove_rl')])"
    )
    wide = {**os.environ, "COLUMNS": "120"}  # no line of the help is folded
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=wide).stdout
    assert all(f" {name} " in found and line in found for name, line in COMMANDS.items())
    modules = ["cove_rl", "cove_rl.cli", "cove_rl.errors", "cove_rl.cli.lazy", "cove_rl.cli.logs", "cove_rl.cli.main"]
    assert found.splitlines()[-1] == f"0 {modules}"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_of_itself_what_the_top_level_says_of_it(name: str) -> None:
    if find_spec(f"cove_rl.cli.{name.replace('-', '_')}") is None:
        pytest.skip("this command is not written yet")
    group = get_command(app)
    assert isinstance(group, CoveGroup)
    assert group.load(name).help.splitlines()[0] == COMMANDS[name]


def test_version() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"cove_rl {__version__}\n")


def test_a_group_and_a_single_command_both_run(install: Install) -> None:
    world = typer.Typer()

    @world.command()
    def build(seed: int) -> None:
        typer.echo(f"built {seed}")

    def play(name: str, loud: bool = False) -> None:
        typer.echo(f"{name} {loud}")

    install("world", app=world)
    install("play", play=play)
    runner = CliRunner()
    assert runner.invoke(app, ["world", "build", "3"]).stdout == "built 3\n"
    assert runner.invoke(app, ["play", "Ann", "--loud"]).stdout == "Ann True\n"
    assert "--loud" in runner.invoke(app, ["play", "--help"], prog_name="cove").stdout


@pytest.mark.parametrize(
    "words", [["nothing"], ["wrold"], ["world"], ["world", "build"], ["play", "--nothing"], ["--log-level", "loud"]]
)
def test_a_wrong_call_is_status_2(install: Install, words: list[str]) -> None:
    world = typer.Typer()
    world.command("build")(lambda: None)
    world.command("show")(lambda: None)
    install("world", app=world)
    install("play", play=lambda: None)
    expected = 0 if words == ["world", "build"] else 2
    assert CliRunner().invoke(app, words).exit_code == expected


def test_an_error_of_ours_is_one_line_and_status_1(install: Install) -> None:
    install("play", play=failing(InputError("a.jsonl line 3: no [bold]such[/bold]\nthing\x1b[2J")))
    result = CliRunner().invoke(app, ["play"])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == "error: a.jsonl line 3: no [bold]such[/bold] thing?[2J\n"


@pytest.mark.parametrize(("words", "env"), [(["--debug", "play"], {}), (["play"], {"COVE_DEBUG": "1"})])
def test_debug_shows_where_an_error_came_from(install: Install, words: list[str], env: dict[str, str]) -> None:
    fault = CoveError("wrong")
    install("play", play=failing(fault))
    assert CliRunner(env=env).invoke(app, words).exception is fault


def test_an_error_of_the_program_is_not_hidden(install: Install) -> None:
    install("play", play=failing(ZeroDivisionError()))
    assert isinstance(CliRunner().invoke(app, ["play"]).exception, ZeroDivisionError)


def test_an_interrupt_says_how_to_go_on(install: Install) -> None:
    install("play", play=failing(KeyboardInterrupt()))
    result = CliRunner().invoke(app, ["play"])
    assert result.exit_code == 130
    assert result.stderr == "interrupted; run the same command again to resume\n"


def test_a_missing_module_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "incomplete"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "world.py").write_text("import a_package_that_nobody_has")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(CoveGroup, "package", "incomplete")
    result = CliRunner().invoke(app, ["world"])
    assert result.exit_code == 1
    assert result.stderr.startswith("error: 'world' needs the package 'a_package_that_nobody_has'")


def test_a_reader_that_goes_away_is_no_error() -> None:
    script = (
        "import sys; from types import ModuleType; from cove_rl.cli.main import CoveGroup, app\n"
        "def play():\n"
        "    for _ in range(100000): sys.stdout.write('line\\n')\n"
        "CoveGroup.package = 'pretend'; module = ModuleType('pretend.play'); module.play = play\n"
        "sys.modules.update({'pretend': ModuleType('pretend'), 'pretend.play': module})\n"
        "app(['play'])"
    )
    read, write = os.pipe()
    process = subprocess.Popen([sys.executable, "-c", script], stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert os.read(read, 5) == b"line\n"
    os.close(read)
    assert process.communicate()[1] == b""


def test_logs_are_lines_of_key_and_value_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    setup(Level.info)
    setup(Level.info)  # a second setup replaces the first
    logging.getLogger("cove_rl.test").debug("hidden")
    logging.getLogger("elsewhere").info("hidden")
    logging.getLogger("cove_rl.test").info("built %s", "it", extra={"rows": 3})
    printed = capsys.readouterr()
    assert printed.out == ""
    time, rest = printed.err.rstrip("\n").split(" ", 1)
    assert rest == "info cove_rl.test built it rows=3"
    assert json.dumps(time)[1:-1] == time
    assert (len(time), time[-1]) == (20, "Z")


def test_logged_exceptions_keep_their_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    setup(Level.error)
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        logging.getLogger("cove_rl.test").exception("failed")
    assert capsys.readouterr().err.splitlines()[-1] == "ZeroDivisionError"


@pytest.mark.parametrize("level", LEVELS)
def test_the_log_level_of_the_command_line_counts(install: Install, level: str) -> None:
    def play() -> None:
        for each in LEVELS:
            logging.getLogger("cove_rl.test").log(getattr(logging, each.upper()), "said")

    install("play", play=play)
    lines = CliRunner().invoke(app, ["--log-level", level, "play"]).stderr.splitlines()
    assert [line.split()[1] for line in lines] == LEVELS[LEVELS.index(level) :]
