"""How the oracle words records: items, money, payment methods, addresses."""

from collections.abc import Sequence

from cove_rl.domains.retail.oracle.counter import Swap
from cove_rl.domains.retail.records import Address, CreditCard, GiftCard, OrderItem, PaymentMethod


def items_words(items: Sequence[OrderItem]) -> str:
    """Return "the Table Lamp and the Teapot"."""
    return _joined([f"the {item.name}" for item in items])


def swaps_words(swaps: Sequence[Swap]) -> str:
    """Return "the Table Lamp to color red (item 0123456789)" and so on, naming what becomes different."""
    return _joined([_swap_words(swap) for swap in swaps])


def _swap_words(swap: Swap) -> str:
    new = {name: value for name, value in swap.new.options.items() if swap.item.options.get(name) != value}
    options = ", ".join(value if name.lower() in value.lower() else f"{name} {value}" for name, value in new.items())
    return f"the {swap.item.name} to {options} (item {swap.new.item_id})"


def payment_words(method: PaymentMethod) -> str:
    """Return "your Visa card ending in 0123", "your gift card" or "your PayPal account"."""
    if isinstance(method, CreditCard):
        return f"your {method.brand} card ending in {method.last_four}"
    return "your gift card" if isinstance(method, GiftCard) else "your PayPal account"


def address_words(address: Address) -> str:
    """Return the address on one line."""
    return f"{address.address1}, {address.address2}, {address.city}, {address.state} {address.zip}"


def money(amount: float) -> str:
    """Return an amount of US dollars: "$12.50"."""
    return f"${amount:,.2f}"


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
