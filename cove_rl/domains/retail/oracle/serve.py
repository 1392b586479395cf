"""The oracle's script: authenticate, deal with one request after the other, ask if there is anything else."""

from collections.abc import Callable, Generator
from typing import Any

from cove_rl.domains.retail.oracle.counter import Counter, identify
from cove_rl.domains.retail.oracle.requests import (
    cancel,
    change_order_address,
    change_payment,
    change_user_address,
    hand_over,
    return_items,
    swap_items,
)
from cove_rl.speech.desk import Asked, Desk, Script, Step

Skill = Callable[[Counter, Asked], Generator[Step, Any, None]]

SKILLS: dict[str, Skill] = {
    "cancel_order": cancel,
    "return_items": return_items,
    "swap_items": swap_items,
    "change_payment": change_payment,
    "change_order_address": change_order_address,
    "change_user_address": change_user_address,
    "restore_order": hand_over,
    "missing_parcel": hand_over,
}
"""What a customer asks for -> how to deal with it."""


def serve(desk: Desk) -> Script:
    """Serve one customer for as long as they talk; only they (or a transfer) end the conversation."""
    counter = yield from identify(desk)
    if not desk.requests:
        desk.tell("ask.request", name=counter.view.user.name.first_name)
        yield from desk.listen()
    while True:
        while desk.requests:
            asked = desk.requests.popleft()
            yield from SKILLS[asked.act](counter, asked)
        desk.tell("more")
        yield from desk.listen()
