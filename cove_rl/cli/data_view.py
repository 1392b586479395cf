"""Show one conversation of a data set in the terminal."""

import msgspec
from rich.text import Text

from cove_rl.cli.console import harmless, out
from cove_rl.cli.transcript import print_transcript, print_verdict
from cove_rl.data.conversation import Conversation
from cove_rl.tasks.worlds import Worlds
from cove_rl.verify.verifier import verify


def print_conversation(conversation: Conversation) -> None:
    """Print a transcript, the facts, and the verdict as it is now; what is not known is left out."""
    trajectory, task = conversation.trajectory, conversation.task
    heading = f"{trajectory.task_id}, {conversation.domain}: {trajectory.agent} with {trajectory.user}"
    out.print(Text(harmless(heading), "bold"))
    print_transcript(trajectory)
    if conversation.facts is not None:
        facts = msgspec.to_builtins(conversation.facts)
        out.print(Text(harmless("\n".join(f"  {name}: {value}" for name, value in facts.items())), "dim"))
    if task is not None:
        print_verdict(verify(task, Worlds().find(task.world), trajectory.calls()))
