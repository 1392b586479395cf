"""What a customer has decided to say in one message, before anybody words it differently."""

import msgspec

from cove_rl.episode.episode import STOP
from cove_rl.speech.grammar import Sentence


class Turn(msgspec.Struct, frozen=True):
    """One message of a customer.

    Attributes:
        sentences: what it says, in this order; at least one.
        stops: whether it ends the conversation.
    """

    sentences: tuple[Sentence, ...]
    stops: bool = False

    @property
    def text(self) -> str:
        """The message in the sentences' own words, with `STOP` at its end if it is the last."""
        return " ".join([*(sentence.text for sentence in self.sentences), *([STOP] if self.stops else [])])
