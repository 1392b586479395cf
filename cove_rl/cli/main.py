"""The `cove` command: its sub-commands by name, its options, and what a failure looks like."""

import sys
from typing import Annotated, Any

import typer

from cove_rl import __version__
from cove_rl.cli.lazy import LazyGroup
from cove_rl.cli.logs import Level, setup
from cove_rl.errors import CoveError

INTERRUPTED = 130
"""Exit status after Ctrl-C, as a shell reports a process that SIGINT ended."""

COMMANDS = {
    "world": "Build a sandbox world, or look into one.",
    "tasks": "Sample tasks from a world, look at them, solve them.",
    "data": "Look at data sets of conversations, convert, filter, split and verify them.",
    "synth": "Make a set of examples to fine-tune on: conversations that were verified, audited and filtered.",
    "play": "Play one task at the terminal, as the agent or as the customer.",
    "check-domain": "Say whether a domain is valid, and what to do if it is not.",
    "view": "Look at conversations in the browser: what was said, what was wanted, what changed.",
    "users": "Audit and compare those who play the customer.",
    "verify": "Score recorded tool calls against a task's constraints.",
    "model": "Make a tiny model that a CPU can train.",
    "plan": "Say what a run needs of each GPU, and whether it fits.",
    "train": "Train a policy on verl.",
    "eval": "Play a suite of tasks with any agent, and say how reliable it is.",
    "plot": "Draw training runs over one another: reward, success, parts, outcomes, timing.",
    "demo": "Train a tiny policy on this machine, and show what it has learnt.",
    "doctor": "Say whether this machine can train, and what to do if it cannot.",
    "tau2": "Check this library's domains against a tau2-bench checkout.",
}


class CoveGroup(LazyGroup):
    """The top level: loads a command when it is called, and turns its failures into one line and an exit status."""

    package = "cove_rl.cli"
    lazy = COMMANDS

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except CoveError as fault:
            if ctx.params.get("debug"):
                raise
            _complain(f"error: {fault}", "red")
            raise typer.Exit(1) from fault
        except KeyboardInterrupt:
            _complain("interrupted; run the same command again to resume", "yellow")
            raise typer.Exit(INTERRUPTED) from None


def _complain(message: str, colour: str) -> None:
    """Write one line to stderr, whatever line breaks and control characters the message has from its input."""
    from cove_rl.cli.console import err

    line = "".join(letter if letter.isprintable() else "?" for letter in " ".join(message.split()))
    err.print(line, style=colour, markup=False, soft_wrap=True)


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"cove_rl {__version__}\n")
        raise typer.Exit


app = typer.Typer(cls=CoveGroup, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def cove(  # `debug` is read by `CoveGroup.invoke`, `version` by its own callback
    log_level: Annotated[
        Level, typer.Option(envvar="COVE_LOG_LEVEL", help="Log records at or above this level, to stderr.")
    ] = Level.warning,
    debug: Annotated[  # noqa: ARG001
        bool, typer.Option("--debug", envvar="COVE_DEBUG", help="Show the traceback of an error.")
    ] = False,
    version: Annotated[  # noqa: ARG001
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Train language-model agents that help a customer over several turns with tools."""
    setup(log_level)
