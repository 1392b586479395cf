"""`cove users`: find out how good those are who play the customer."""

import typer

from cove_rl.cli.audit import audit
from cove_rl.cli.compare import compare

app = typer.Typer(help="Audit and compare those who play the customer.", no_args_is_help=True)
app.command()(audit)
app.command()(compare)
