"""`cove eval`: play a suite of tasks with any agent, and say how reliable it is."""

import re
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cove_rl.evaluation.evaluate import Effort, Evaluation

app = typer.Typer(invoke_without_command=True, no_args_is_help=True)

AGENT_HELP = "Who plays the agent: oracle, 'openai endpoint.url=... endpoint.model=...'."
SUITE_HELP = "retail, airline or mix: our held-out tasks."
USER_HELP = "Who plays the customer: a kind or a YAML file, with its settings; scripted if not given."


@app.callback()
def evaluate(
    context: typer.Context,
    agent: Annotated[str, typer.Option(help=AGENT_HELP)] = "",
    suite: Annotated[str, typer.Option(help=SUITE_HELP)] = "",
    user: Annotated[str, typer.Option(help=USER_HELP)] = "",
    trials: Annotated[int, typer.Option("-k", "--trials", min=1, help="Trials of every task.")] = 4,
    tasks: Annotated[int | None, typer.Option(min=1, help="Only so many tasks, the first ones.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="The run's folder; named after the run.")] = None,
    together: Annotated[int, typer.Option(min=1, help="Conversations at a time, in every process.")] = 16,
    workers: Annotated[int, typer.Option("-j", "--workers", min=1, help="Processes.")] = 1,
    retries: Annotated[int, typer.Option(min=0, help="Further attempts where the failure was not the agent's.")] = 2,
    seed: Annotated[int, typer.Option(help="Seeds the trials.")] = 0,
    again: Annotated[bool, typer.Option("--again", help="Play once more the trials that were excluded.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Drop what the folder holds.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Play a suite of tasks with any agent, and say how reliable it is.

    The same command goes on with a run that was interrupted.
    """
    if context.invoked_subcommand is not None:
        return
    from cove_rl.cli.console import err, print_json, progress
    from cove_rl.cli.eval_report import print_summary
    from cove_rl.errors import InputError
    from cove_rl.evaluation import evaluate as evaluation
    from cove_rl.evaluation.evaluate import Effort

    if not agent or not suite:
        raise InputError("say who plays and what: cove eval --agent oracle --suite retail")
    effort = Effort(trials, retries, seed)
    with ExitStack() as stack:
        planned = _own(suite, agent, user or "scripted", effort, tasks, workers)
        folder = out or Path("eval") / re.sub(r"[^\w.-]+", "-", f"{suite}-{agent}").strip("-")[:80]
        total = planned.run.suite.tasks * trials
        summary = evaluation.evaluate(
            planned,
            folder,
            workers=workers,
            together=together,
            overwrite=force,
            again=again,
            started=lambda done: stack.enter_context(progress("trials", total, done=done, plain=json)),
        )
    if json:
        print_json(summary)
    else:
        print_summary(summary)
        err.print(f"The run is in {folder}.", markup=False, soft_wrap=True)


def _own(suite: str, agent: str, user: str, effort: "Effort", tasks: int | None, workers: int) -> "Evaluation":
    """Return what it takes to play our tasks."""
    from cove_rl.agents.kinds import agent_from_text
    from cove_rl.cli.console import progress
    from cove_rl.evaluation.evaluate import own_evaluation
    from cove_rl.evaluation.suite import own_split, own_suite
    from cove_rl.users.kinds import user_from_text

    customer = user_from_text(user)
    player = agent_from_text(agent)
    with progress("making tasks", tasks or own_split(suite).tasks) as advance:
        made = own_suite(suite, tasks, workers, advance)
    return own_evaluation(made, player, customer, effort)


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a run.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print the report of a run again, also of one that has not finished."""
    from cove_rl.cli.console import print_json
    from cove_rl.cli.eval_report import print_summary
    from cove_rl.evaluation.summary import summarise_folder

    summary = summarise_folder(folder)
    if json:
        print_json(summary)
    else:
        print_summary(summary)


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(metavar="DIR1", help="The folder of a run.")],
    second: Annotated[Path, typer.Argument(metavar="DIR2", help="The folder of another run of the same tasks.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare two agents on the same tasks, task by task; runs that differ in more than the agent are refused."""
    from cove_rl.cli.console import print_json
    from cove_rl.cli.eval_report import print_versus
    from cove_rl.evaluation.versus import compare_folders

    versus = compare_folders(first, second)
    if json:
        print_json(versus)
    else:
        print_versus(versus)
