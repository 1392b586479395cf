"""What every kind of request ends with: a proposal, and on consent a write and a report."""

from collections.abc import Generator, Mapping
from typing import Any

from cove_rl.domains.airline.oracle.counter import Counter, Declined
from cove_rl.domains.airline.oracle.wording import payment_words
from cove_rl.domains.airline.records import Certificate, GiftCard, PaymentMethod, Reservation
from cove_rl.speech.desk import Asked, Step

Work = Generator[Step, Any, None]


def finish(
    counter: Counter, asked: Asked, kind: str, said: Mapping[str, str], tool: str, arguments: Mapping[str, Any]
) -> Work:
    """Propose, and on consent write and report.

    Args:
        counter: the customer.
        asked: the request.
        kind: what is proposed, as the sentences under ``propose`` and ``done`` name it.
        said: what fills the proposal.
        tool: the tool that does it.
        arguments: its arguments.
    """
    desk = counter.desk
    agreed = yield from desk.confirm(asked, f"propose.{kind}", **said)
    if not agreed:
        return None if asked in desk.requests else desk.tell("cancelled_by_user")
    answer = yield from counter.write(tool, **arguments)
    if answer.error:
        raise Declined
    desk.tell("done", what=desk.word(f"done.{kind}"))


def settling(
    counter: Counter, asked: Asked, reservation: Reservation, amount: int
) -> Generator[Step, Any, PaymentMethod]:
    """Return the one method that pays or gets a difference in US dollars; it is not asked for where there is none.

    Raises:
        Declined: if it is a certificate, or a gift card that holds too little.
    """
    if not amount and "payment" not in asked.hints:
        return _any_method(counter)
    payment_id, *more = yield from counter.payment(asked, reservation, "ask.difference")
    method = counter.view.user.payment_methods[payment_id]
    too_little = isinstance(method, GiftCard) and method.amount < amount
    if more or isinstance(method, Certificate) or too_little:
        raise Declined("refuse.payment", payment=payment_words(method))
    return method


def _any_method(counter: Counter) -> PaymentMethod:
    """Return a method to name where a tool asks for one and nothing is to be paid."""
    methods = counter.view.user.payment_methods.values()
    fitting = [one for one in methods if not isinstance(one, Certificate)]
    if not fitting:
        raise Declined
    return fitting[0]
