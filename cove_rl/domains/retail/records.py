"""The rows of a retail world: products, users, orders. Fields and their order are tau2-bench's."""

from typing import Literal, Union

from cove_rl.domains.people import Address as Address
from cove_rl.domains.people import CreditCard as CreditCard
from cove_rl.domains.people import Name as Name
from cove_rl.world.record import Record

OrderStatus = Literal[
    "processed",
    "pending",
    "pending (item modified)",
    "delivered",
    "cancelled",
    "exchange requested",
    "return requested",
]
CancelReason = Literal["no longer needed", "ordered by mistake"]


class Variant(Record, frozen=True):
    """One concrete thing one can buy; prices are US dollars."""

    item_id: str
    options: dict[str, str]
    available: bool
    price: float


class Product(Record, frozen=True):
    """A product line and its variants by item id."""

    name: str
    product_id: str
    variants: dict[str, Variant]


class PayPal(Record, frozen=True, tag_field="source", tag="paypal"):
    """A PayPal account on file."""

    id: str


class GiftCard(Record, frozen=True, tag_field="source", tag="gift_card"):
    """A gift card on file and what is left on it, in US dollars."""

    id: str
    balance: float


PaymentMethod = Union[CreditCard, PayPal, GiftCard]  # noqa: UP007  (reads the same on every supported Python)


class User(Record, frozen=True):
    """A customer."""

    user_id: str
    name: Name
    address: Address
    email: str
    payment_methods: dict[str, PaymentMethod]
    orders: tuple[str, ...]


class OrderItem(Record, frozen=True):
    """One item of an order, at the price that was paid."""

    name: str
    product_id: str
    item_id: str
    price: float
    options: dict[str, str]


class Fulfillment(Record, frozen=True):
    """A parcel: its tracking numbers and the items in it."""

    tracking_id: tuple[str, ...]
    item_ids: tuple[str, ...]


class Payment(Record, frozen=True):
    """Money that moved for an order, in US dollars."""

    transaction_type: Literal["payment", "refund"]
    amount: float
    payment_method_id: str


class Order(Record, frozen=True):
    """An order. The fields from `cancel_reason` on stay None until something happens to it."""

    order_id: str
    user_id: str
    address: Address
    items: tuple[OrderItem, ...]
    status: OrderStatus
    fulfillments: tuple[Fulfillment, ...]
    payment_history: tuple[Payment, ...]
    cancel_reason: CancelReason | None = None
    exchange_items: tuple[str, ...] | None = None
    exchange_new_items: tuple[str, ...] | None = None
    exchange_payment_method_id: str | None = None
    exchange_price_difference: float | None = None
    return_items: tuple[str, ...] | None = None
    return_payment_method_id: str | None = None


TABLES: dict[str, type[Record]] = {"products": Product, "users": User, "orders": Order}
"""Table name in a database file -> record type."""
