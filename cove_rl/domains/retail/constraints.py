"""What a retail customer can want that the policy allows."""

from cove_rl.domains.retail.records import Address, CancelReason, Order, User
from cove_rl.world.constraint import Action, Constraint, Goal
from cove_rl.world.world import World


def paying_method(order: Order) -> str:
    """Return the payment method that bears an order's price: the replacement, where the payment was changed."""
    history = order.payment_history
    changed = len(history) > 2 and history[1].transaction_type == "payment"
    return history[1 if changed else 0].payment_method_id


def difference_method(order: Order) -> str | None:
    """Return the payment method a change of items was settled with, if there was one."""
    return order.payment_history[-1].payment_method_id if order.status == "pending (item modified)" else None


def ordered_items(order: Order) -> tuple[str, ...]:
    """Return the ids of an order's items, sorted: which item replaced which does not matter in the end."""
    return tuple(sorted(item.item_id for item in order.items))


class CancelOrder(Constraint, frozen=True, tag="cancel_order"):
    """Cancel a pending order for a reason."""

    order_id: str
    reason: CancelReason

    def goals(self, world: World) -> tuple[Goal, ...]:
        """The order is cancelled, for that reason."""
        return (
            Goal(f"the status of order {self.order_id}", Order, self.order_id, lambda o: o.status, "cancelled"),
            Goal(f"the reason in order {self.order_id}", Order, self.order_id, lambda o: o.cancel_reason, self.reason),
        )

    def actions(self, world: World) -> tuple[Action, ...]:
        """One call."""
        return (Action("cancel_pending_order", {"order_id": self.order_id, "reason": self.reason}),)

    def describe(self) -> str:
        """The goal in words."""
        return f"cancel order {self.order_id} ({self.reason})"


class ModifyItems(Constraint, frozen=True, tag="modify_items"):
    """Change items of a pending order to other variants, settling the difference with one payment method."""

    order_id: str
    item_ids: tuple[str, ...]
    new_item_ids: tuple[str, ...]
    payment_method_id: str

    def goals(self, world: World) -> tuple[Goal, ...]:
        """The order has the new items in place of the old ones, and the difference went where it should."""
        order = world.rows(Order)[self.order_id]
        swap = dict(zip(self.item_ids, self.new_item_ids, strict=True))
        wanted = tuple(sorted(swap.get(item.item_id, item.item_id) for item in order.items))
        return (
            Goal(f"the items of order {self.order_id}", Order, self.order_id, ordered_items, wanted),
            Goal(
                f"the method for the price difference of order {self.order_id}",
                Order,
                self.order_id,
                difference_method,
                self.payment_method_id,
            ),
        )

    def actions(self, world: World) -> tuple[Action, ...]:
        """One call, since it can be made only once per order."""
        return (Action("modify_pending_order_items", _swap_arguments(self)),)

    def describe(self) -> str:
        """The goal in words."""
        return f"in pending order {self.order_id} change {_swap_words(self)}"


class ChangePayment(Constraint, frozen=True, tag="change_payment"):
    """Pay a pending order with another method."""

    order_id: str
    payment_method_id: str

    def goals(self, world: World) -> tuple[Goal, ...]:
        """The order is paid with that method."""
        label = f"the method that pays order {self.order_id}"
        return (Goal(label, Order, self.order_id, paying_method, self.payment_method_id),)

    def actions(self, world: World) -> tuple[Action, ...]:
        """One call."""
        arguments = {"order_id": self.order_id, "payment_method_id": self.payment_method_id}
        return (Action("modify_pending_order_payment", arguments),)

    def describe(self) -> str:
        """The goal in words."""
        return f"pay order {self.order_id} with {self.payment_method_id}"


class ChangeOrderAddress(Constraint, frozen=True, tag="change_order_address"):
    """Send a pending order somewhere else."""

    order_id: str
    address: Address

    def goals(self, world: World) -> tuple[Goal, ...]:
        """The order goes to that address."""
        return (Goal(f"the address of order {self.order_id}", Order, self.order_id, _address, self.address),)

    def actions(self, world: World) -> tuple[Action, ...]:
        """One call."""
        return (
            Action("modify_pending_order_address", {"order_id": self.order_id, **_address_arguments(self.address)}),
        )

    def describe(self) -> str:
        """The goal in words."""
        return f"send order {self.order_id} to {_address_words(self.address)}"


class ReturnItems(Constraint, frozen=True, tag="return_items"):
    """Return items of a delivered order for a refund to one payment method."""

    order_id: str
    item_ids: tuple[str, ...]
    payment_method_id: str

    def goals(self, world: World) -> tuple[Goal, ...]:
        """A return of exactly these items is requested, refunded to that method."""
        wanted = tuple(sorted(self.item_ids))
        return (
            Goal(
                f"the items returned of order {self.order_id}", Order, self.order_id, lambda o: o.return_items, wanted
            ),
            Goal(
                f"the method for the refund of order {self.order_id}",
                Order,
                self.order_id,
                lambda order: order.return_payment_method_id,
                self.payment_method_id,
            ),
        )

    def actions(self, world: World) -> tuple[Action, ...]:
        """One call, since it can be made only once per order."""
        arguments = {
            "order_id": self.order_id,
            "item_ids": list(self.item_ids),
            "payment_method_id": self.payment_method_id,
        }
        return (Action("return_delivered_order_items", arguments),)

    def describe(self) -> str:
        """The goal in words."""
        return f"return {', '.join(self.item_ids)} of order {self.order_id}, refund to {self.payment_method_id}"


class ExchangeItems(Constraint, frozen=True, tag="exchange_items"):
    """Exchange items of a delivered order, settling the difference with one payment method."""

    order_id: str
    item_ids: tuple[str, ...]
    new_item_ids: tuple[str, ...]
    payment_method_id: str

    def goals(self, world: World) -> tuple[Goal, ...]:
        """An exchange of exactly these items for those is requested, settled with that method."""
        old, new = tuple(sorted(self.item_ids)), tuple(sorted(self.new_item_ids))
        return (
            Goal(
                f"the items given back of order {self.order_id}", Order, self.order_id, lambda o: o.exchange_items, old
            ),
            Goal(f"the new items of order {self.order_id}", Order, self.order_id, lambda o: o.exchange_new_items, new),
            Goal(
                f"the method for the price difference of order {self.order_id}",
                Order,
                self.order_id,
                lambda order: order.exchange_payment_method_id,
                self.payment_method_id,
            ),
        )

    def actions(self, world: World) -> tuple[Action, ...]:
        """One call, since it can be made only once per order."""
        return (Action("exchange_delivered_order_items", _swap_arguments(self)),)

    def describe(self) -> str:
        """The goal in words."""
        return f"in delivered order {self.order_id} exchange {_swap_words(self)}"


class ChangeUserAddress(Constraint, frozen=True, tag="change_user_address"):
    """Change the customer's default address."""

    user_id: str
    address: Address

    def goals(self, world: World) -> tuple[Goal, ...]:
        """The profile has that address."""
        return (Goal(f"the default address of {self.user_id}", User, self.user_id, _address, self.address),)

    def actions(self, world: World) -> tuple[Action, ...]:
        """One call."""
        return (Action("modify_user_address", {"user_id": self.user_id, **_address_arguments(self.address)}),)

    def describe(self) -> str:
        """The goal in words."""
        return f"make {_address_words(self.address)} the default address of {self.user_id}"


def _address(record: Order | User) -> Address:
    return record.address


def _address_arguments(address: Address) -> dict[str, str]:
    return {name: getattr(address, name) for name in Address.__struct_fields__}


def _address_words(address: Address) -> str:
    return f"{address.address1}, {address.address2}, {address.city}, {address.state} {address.zip}"


def _swap_arguments(one: ModifyItems | ExchangeItems) -> dict[str, object]:
    return {
        "order_id": one.order_id,
        "item_ids": list(one.item_ids),
        "new_item_ids": list(one.new_item_ids),
        "payment_method_id": one.payment_method_id,
    }


def _swap_words(one: ModifyItems | ExchangeItems) -> str:
    pairs = [f"{old} to {new}" for old, new in zip(one.item_ids, one.new_item_ids, strict=True)]
    return f"{', '.join(pairs)}; the difference on {one.payment_method_id}"
