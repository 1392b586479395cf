"""Move money on gift cards, the only payment method whose balance is known here."""

import msgspec

from cove_rl.domains.retail.records import GiftCard, PaymentMethod
from cove_rl.domains.retail.tools.find import find_payment_method, find_user
from cove_rl.errors import ToolError
from cove_rl.world.state import State


def check_balance(method: PaymentMethod, amount: float) -> None:
    """Refuse an amount, in dollars, that a gift card does not hold.

    Raises:
        ToolError: if the method is a gift card with less than that on it.
    """
    if isinstance(method, GiftCard) and method.balance < amount:
        raise ToolError(
            f"Gift card '{method.id}' holds {method.balance:.2f} dollars, less than the {amount:.2f} to pay. "
            "Ask the customer for another payment method."
        )


def charge(state: State, user_id: str, method_id: str, amount: float) -> None:
    """Take dollars off a gift card, or put them on it if the amount is negative; other methods keep no balance here.

    Raises:
        ToolError: if the user or the payment method does not exist.
    """
    method = find_payment_method(state, user_id, method_id)
    if not isinstance(method, GiftCard):
        return
    user = find_user(state, user_id)
    charged = msgspec.structs.replace(method, balance=round(method.balance - amount, 2))
    methods: dict[str, PaymentMethod] = {**user.payment_methods, method_id: charged}
    state.put(user_id, msgspec.structs.replace(user, payment_methods=methods))
