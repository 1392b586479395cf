"""A shop with two products, four users and twelve orders, and a counter to call its tools at."""

import json
from typing import Any

from cove_rl.domains.retail.records import (
    Address,
    CreditCard,
    Fulfillment,
    GiftCard,
    Name,
    Order,
    OrderItem,
    OrderStatus,
    Payment,
    PaymentMethod,
    PayPal,
    Product,
    User,
    Variant,
)
from cove_rl.domains.retail.tools import TOOLS
from cove_rl.world.call import CallResult, ToolCall
from cove_rl.world.state import State
from cove_rl.world.tool import Toolbox
from cove_rl.world.world import Behaviour, Tables, World

BOX = Toolbox(TOOLS)
HOME = Address("1 Mill Lane", "", "Leeds", "USA", "ME", "04220")
AWAY = {"address1": "2 Hill Road", "address2": "Apt 9", "city": "Troy", "state": "NY", "country": "USA", "zip": "12180"}

MUG = Product(
    "Mug",
    "p-mug",
    {
        "mug-red": Variant("mug-red", {"colour": "red"}, True, 10.10),
        "mug-blue": Variant("mug-blue", {"colour": "blue"}, True, 12.35),
        "mug-green": Variant("mug-green", {"colour": "green"}, True, 9.05),
        "mug-red-too": Variant("mug-red-too", {"colour": "red", "size": "big"}, True, 10.10),
        "mug-gone": Variant("mug-gone", {"colour": "grey"}, False, 8.00),
    },
)
LAMP = Product(
    "Lamp",
    "p-lamp",
    {
        "lamp-low": Variant("lamp-low", {"height": "low"}, True, 20.00),
        "lamp-high": Variant("lamp-high", {"height": "high"}, True, 345.55),
    },
)


def line(product: Product, item_id: str) -> OrderItem:
    """An item as an order holds it."""
    variant = product.variants[item_id]
    return OrderItem(product.name, product.product_id, item_id, variant.price, variant.options)


RED, BLUE, LOW = line(MUG, "mug-red"), line(MUG, "mug-blue"), line(LAMP, "lamp-low")


def _methods(*methods: PaymentMethod) -> dict[str, PaymentMethod]:
    return {method.id: method for method in methods}


def _user(user_id: str, first: str, last: str, email: str, **methods: Any) -> User:
    return User(user_id, Name(first, last), HOME, email, _methods(*methods.values()), ())


def _order(
    order_id: str, user_id: str, status: OrderStatus, items: tuple[OrderItem, ...], *history: tuple[str, float, str]
) -> Order:
    payments = tuple(Payment("payment" if kind == "paid" else "refund", sum_, way) for kind, sum_, way in history)
    parcels = (Fulfillment(("t-1",), tuple(item.item_id for item in items)),) if status == "delivered" else ()
    return Order(order_id, user_id, HOME, items, status, parcels, payments)


USERS = [
    _user(
        "ann_1",
        "Ann",
        "Lee",
        "Ann@Mail.example",
        card=CreditCard("card", "visa", "1111"),
        gift=GiftCard("gift", 50.0),
        pal=PayPal("pal"),
    ),
    _user("ann_2", "ANN", "lee", "ann@mail.example", paypal=PayPal("paypal")),
    _user("bob_3", "Bob", "Ode", "bob@mail.example", poor=GiftCard("poor", 2.25), rich=GiftCard("rich", 900.1)),
    _user("cid_4", "Cid", "Roe", "cid@mail.example"),
]
ORDERS = [
    _order("#PEND", "ann_1", "pending", (RED, RED, LOW), ("paid", 40.2, "card")),
    _order("#GIFT", "ann_1", "pending", (BLUE, LOW), ("paid", 32.35, "gift")),
    _order("#PAIR", "ann_1", "pending", (RED, BLUE), ("paid", 22.45, "card")),
    _order("#DONE", "ann_1", "delivered", (RED, RED, LOW), ("paid", 40.2, "card")),
    _order("#MODI", "ann_1", "pending (item modified)", (RED,), ("paid", 12.35, "card"), ("back", 2.25, "card")),
    _order("#PROC", "ann_1", "processed", (RED,), ("paid", 10.1, "card")),
    _order("#CANC", "ann_1", "cancelled", (RED,), ("paid", 10.1, "card"), ("back", 10.1, "card")),
    _order("#MOVD", "ann_1", "pending", (RED,), ("paid", 10.1, "card"), ("paid", 10.1, "gift"), ("back", 10.1, "card")),
    _order("#POOR", "bob_3", "pending", (RED,), ("paid", 10.1, "rich")),
    _order("#RICH", "bob_3", "delivered", (RED, LOW), ("paid", 30.1, "rich")),
    _order("#FREE", "ann_1", "delivered", (RED,)),
    _order("#LOST", "cid_4", "pending", (RED,), ("paid", 10.1, "card")),
]


def tables() -> Tables:
    """The shop's rows."""
    return {
        Product: {product.product_id: product for product in (MUG, LAMP)},
        User: {user.user_id: user for user in USERS},
        Order: {order.order_id: order for order in ORDERS},
    }


class Shop:
    """One state of the shop, and its tools."""

    def __init__(self, behaviour: Behaviour = "ours", world: World | None = None) -> None:
        self.state = State(world or World("retail", tables(), behaviour=behaviour))

    def call(self, name: str, arguments: Any) -> CallResult:
        """Make a call and check that it is atomic and honest about what it changed."""
        before = self.state.diff()
        result = BOX.call(self.state, ToolCall("c", name, arguments))
        if result.error:
            assert result.content.startswith("Error: ")
        if result.error or BOX.tools[name].kind != "write":
            assert result.changes == ()
            assert self.state.diff() == before
        return result

    def ok(self, name: str, **arguments: Any) -> str:
        """Make a call that must succeed, and return its text."""
        result = self.call(name, arguments)
        assert not result.error, result.content
        return result.content

    def json(self, name: str, **arguments: Any) -> Any:
        """Make a call that must succeed, and return what its text says."""
        return json.loads(self.ok(name, **arguments))

    def refused(self, name: str, **arguments: Any) -> str:
        """Make a call that must fail, and return the reason."""
        result = self.call(name, arguments)
        assert result.error, result.content
        return result.content

    def order(self, order_id: str) -> Order:
        """An order as it is now."""
        found = self.state.get(Order, order_id)
        assert found is not None
        return found

    def balance(self, user_id: str, method_id: str) -> float:
        """What is on a gift card now."""
        user = self.state.get(User, user_id)
        assert user is not None
        method = user.payment_methods[method_id]
        assert isinstance(method, GiftCard)
        return method.balance
