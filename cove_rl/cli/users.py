"""`cove users`: find out how good those are who play the customer."""

import typer

from cove_rl.cli.audit import audit

app = typer.Typer(help="Audit those who play the customer.", no_args_is_help=True)
app.command()(audit)


@app.callback()
def users() -> None:
    """Audit those who play the customer."""
