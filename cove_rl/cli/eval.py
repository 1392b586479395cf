"""`cove eval`: play a suite of tasks with any agent, and say how reliable it is."""

import re
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cove_rl.evaluation.evaluate import Effort, Evaluation

app = typer.Typer(invoke_without_command=True, no_args_is_help=True)

AGENT_HELP = "Who plays the agent: oracle, 'openai endpoint.url=... endpoint.model=...', policy:FOLDER."
SUITE_HELP = "retail, airline or mix, our held-out tasks; tau2:retail or tau2:airline, the benchmark's, with --data."
USER_HELP = "Who plays the customer: a kind or a YAML file, with its settings; scripted if not given."

JUDGE_HELP = "Grade the benchmark's tasks that ask a judge without that part, instead of leaving them out."


@app.callback()
def evaluate(
    context: typer.Context,
    agent: Annotated[str, typer.Option(help=AGENT_HELP)] = "",
    suite: Annotated[str, typer.Option(help=SUITE_HELP)] = "",
    user: Annotated[str, typer.Option(help=USER_HELP)] = "",
    trials: Annotated[int, typer.Option("-k", "--trials", min=1, help="Trials of every task.")] = 4,
    tasks: Annotated[int | None, typer.Option(min=1, help="Only so many tasks, the first ones.")] = None,
    data: Annotated[Path | None, typer.Option(help="The benchmark's data: a folder with domains/NAME.")] = None,
    split: Annotated[str, typer.Option(help="The benchmark's split of its tasks.")] = "base",
    no_judge: Annotated[bool, typer.Option("--no-judge", help=JUDGE_HELP)] = False,
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
        if suite.startswith("tau2:"):
            planned = _official(suite, agent, user, effort, tasks, data=data, split=split, judge=not no_judge)
        else:
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
    player = None if agent.startswith("policy:") else agent_from_text(agent)
    with progress("making tasks", tasks or own_split(suite).tasks) as advance:
        made = own_suite(suite, tasks, workers, advance)
    if player is None:
        from cove_rl.training.evaluated import policy_evaluation

        return policy_evaluation(made, agent, customer, effort)
    return own_evaluation(made, player, customer, effort)


def _official(
    suite: str,
    agent: str,
    user: str,
    effort: "Effort",
    tasks: int | None,
    *,
    data: Path | None,
    split: str,
    judge: bool,
) -> "Evaluation":
    """Return what it takes to play the benchmark's tasks."""
    from cove_rl.agents.kinds import agent_from_text
    from cove_rl.errors import InputError
    from cove_rl.evaluation.official_player import official_evaluation
    from cove_rl.evaluation.official_suite import PREFIX, official_suite
    from cove_rl.users.kinds import user_from_text

    if data is None or not user:
        raise InputError(
            "the benchmark's tasks take --data, its data directory, and --user 'openai ...', a served model"
        )
    player, customer = agent_from_text(agent), user_from_text(user)
    made = official_suite(data, suite.removeprefix(PREFIX), split, tasks, judge=judge)
    return official_evaluation(made, data, player, customer, effort, judge=judge)


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a run.")],
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write one page, with the conversations of the worst tasks.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print the report of a run again, also of one that has not finished."""
    from cove_rl.cli.console import print_json
    from cove_rl.cli.eval_report import print_summary
    from cove_rl.evaluation.summary import summarise_folder

    if html is not None:
        from cove_rl.viewer.report import write_report

        write_report(folder, html)
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
