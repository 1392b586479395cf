"""Describe elements of a goal as the customer would; every description resolves to exactly one element."""

from collections.abc import Sequence
from random import Random
from typing import Any

from cove_rl.domains.retail.records import Address, CreditCard, Order, OrderItem, PaymentMethod, PayPal, User
from cove_rl.domains.retail.view import View, addresses_for, items_for, orders_for, payments_for, variants_for
from cove_rl.sandbox import read_yaml
from cove_rl.speech.grammar import Grammar
from cove_rl.world.hint import Check, Hint, Value

Weights = dict[str, float]


class Describer:
    """Describes what is in one customer's view.

    Args:
        view: the customer's records, with every product line.
        grammar: the domain's grammar.
        rng: decides between descriptions that fit.
    """

    def __init__(self, view: View, grammar: Grammar, rng: Random) -> None:
        self._view = view
        self._grammar = grammar
        self._rng = rng
        self._weights: dict[str, Any] = read_yaml("retail/requests.yaml")

    def identity(self, user: User) -> Hint:
        """Describe the customer: by e-mail, or by name and zip, both unique in every world."""
        forms: dict[str, dict[str, Value]] = {
            "email": {"email": user.email},
            "name_zip": {"first_name": user.name.first_name, "last_name": user.name.last_name, "zip": user.address.zip},
        }
        (form,) = self._rng.choices(list(forms), [self._weights["identity"][name] for name in forms])
        return Hint("identity", form, forms[form])

    def order(self, order: Order) -> Hint:
        """Describe an order by a random subset of its items, as large as it takes; failing that, by its id."""
        items = self._rng.sample(order.items, len(order.items))
        start = self._rng.randint(1, len(items))
        for size in range(start, len(items) + 1):
            for by_options in (False, True):
                hint = Hint("order", "items", {"items": self._item_hints(items[:size], by_options=by_options)})
                if orders_for(hint, self._view, self._grammar) == [order.order_id]:
                    return hint
        return Hint("order", "exact", {"id": order.order_id}, exact=True)

    def _item_hints(self, items: Sequence[OrderItem], *, by_options: bool) -> tuple[Hint, ...]:
        if by_options:
            return tuple(self._by_options(item, dict(item.options)) for item in items)
        first_of_name = {item.name: item for item in reversed(items)}
        return tuple(_by_name(item) for item in items if first_of_name[item.name] is item)

    def items(self, order: Order, item_ids: Sequence[str], told: Hint) -> Hint:
        """Describe some items of an order; `told` is the order's own description."""
        chosen = [item for item in order.items if item.item_id in item_ids]
        self._rng.shuffle(chosen)
        hints = tuple(self.item(order, item) for item in chosen)
        return Hint("items", "list", {"items": hints}, check=self._items_check(order, chosen, told))

    def item(self, order: Order, item: OrderItem) -> Hint:
        """Describe an item within its order: by name if that is enough, or with some of its options."""
        name = _by_name(item)
        unique = items_for(name, order, self._grammar) == [item.item_id]
        if unique and self._rng.random() >= self._weights["item_by_options"]:
            return name
        names = self._rng.sample(sorted(item.options), len(item.options))
        for size in range(1, len(names) + 1):
            hint = self._by_options(item, {option: item.options[option] for option in names[:size]})
            if items_for(hint, order, self._grammar) == [item.item_id]:
                return hint
        return name if unique else Hint("item", "exact", {"id": item.item_id}, exact=True)

    def changes(self, order: Order, swaps: dict[str, str], told: Hint) -> Hint:
        """Describe which items are to become which variants."""
        chosen = [item for item in order.items if item.item_id in swaps]
        self._rng.shuffle(chosen)
        hints = tuple(
            Hint("change", "swap", {"item": (self.item(order, item),), "new": (self._new(item, swaps[item.item_id]),)})
            for item in chosen
        )
        check = self._items_check(order, chosen, told)
        right, wrong = self._new_words(chosen, swaps)
        full = Check(any=right, instead=wrong, all=check.all, never=check.never)
        return Hint("changes", "list", {"changes": hints}, check=full)

    def _new(self, item: OrderItem, new_item_id: str) -> Hint:
        product = self._view.products[item.product_id]
        options = product.variants[new_item_id].options
        changed = {name: value for name, value in options.items() if item.options.get(name) != value}
        hint = Hint("new", "options", {"options": changed})
        if changed and variants_for(hint, item, product, self._grammar) == [new_item_id]:
            return hint
        return Hint("new", "exact", {"id": new_item_id}, exact=True)

    def _new_words(self, items: Sequence[OrderItem], swaps: dict[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the option values that become true, and values of the same options that nothing here has."""
        right: dict[str, None] = {}
        other: dict[str, None] = {}
        for item in items:
            variants = self._view.products[item.product_id].variants
            new = variants[swaps[item.item_id]].options
            for name in [name for name, value in new.items() if item.options.get(name) != value]:
                right[new[name]] = None
                other.update(dict.fromkeys(variant.options[name] for variant in variants.values()))
        known = {*right, *(value for item in items for value in item.options.values())}
        return tuple(right), tuple(value for value in other if value not in known)

    def _items_check(self, order: Order, items: Sequence[OrderItem], told: Hint) -> Check:
        """Names that must come together in a proposal, and names of the order's other items, which must not be there.

        Names the customer used to describe the order may well be repeated, so they are allowed.
        """
        names = tuple(dict.fromkeys(item.name for item in items))
        parts = told.values.get("items", ())
        described = {str(part.values.get("product")) for part in parts if isinstance(part, Hint)}
        others = dict.fromkeys(item.name for item in order.items)
        return Check(all=names, never=tuple(name for name in others if name not in {*names, *described}))

    @staticmethod
    def _by_options(item: OrderItem, options: dict[str, str]) -> Hint:
        return Hint("item", "options", {"product": item.name, "options": options})

    @staticmethod
    def reason(reason: str) -> Hint:
        """Describe why an order is cancelled."""
        words = {"no longer needed": "no longer needed", "ordered by mistake": "mistake"}
        other = next(word for known, word in words.items() if known != reason)
        return Hint("reason", reason, check=Check(any=(words[reason],), instead=(other,)))

    def payment(self, method: PaymentMethod, order: Order | None = None) -> Hint:
        """Describe a payment method; `order` allows "the one I paid with"."""
        forms = {
            form: values for form, values in _payment_forms(method).items() if self._is_unique(form, values, method)
        }
        if order is not None and order.payment_history[0].payment_method_id == method.id:
            forms["original"] = {}
        check = self._payment_check(method)
        if not forms:
            return Hint("payment", "exact", {"id": method.id}, exact=True, check=check)
        (form,) = self._rng.choices(list(forms), [self._weights["payment"][name] for name in forms])
        return Hint("payment", form, forms[form], check=check)

    def _is_unique(self, form: str, values: dict[str, Value], method: PaymentMethod) -> bool:
        return payments_for(Hint("payment", form, values), self._view, None) == [method.id]

    def _payment_check(self, method: PaymentMethod) -> Check:
        others = [one for one in self._view.user.payment_methods.values() if one.id != method.id]
        taken = {word for one in others for word in _payment_words(one)}
        right = tuple(word for word in _payment_words(method) if word not in taken)
        wrong = dict.fromkeys(word for one in others for word in _payment_words(one))
        own = _payment_words(method)  # of two gift cards, neither has a word to itself
        return Check(any=right or own, instead=tuple(word for word in wrong if word not in own))

    def address(self, address: Address, orders: Sequence[Order], *, default: bool) -> Hint:
        """Describe an address: as the default, as the one on one of these orders, or in full.

        Args:
            address: the address.
            orders: orders whose address may be pointed to.
            default: whether "my default address" may be said.
        """
        forms: dict[str, dict[str, Value]] = {"full": {part: getattr(address, part) for part in _ADDRESS_PARTS}}
        if default and address == self._view.user.address:
            forms["default"] = {}
        sources = [order for order in orders if order.address == address]
        if sources:
            forms["other_order"] = {"city": address.city, "order": (self.order(self._rng.choice(sources)),)}
        (form,) = self._rng.choices(list(forms), [self._weights["address"][name] for name in forms])
        hint = Hint("address", form, forms[form], check=self._address_check(address))
        if addresses_for(hint, self._view, self._grammar) == [address]:
            return hint
        return Hint("address", "full", forms["full"], check=self._address_check(address))

    def _address_check(self, address: Address) -> Check:
        places = [self._view.user.address, *(order.address for order in self._view.orders.values())]
        others = dict.fromkeys(place.address1 for place in places if place.address1 != address.address1)
        return Check(any=(address.address1,), instead=tuple(others))


_ADDRESS_PARTS = ("address1", "address2", "city", "state", "zip")


def _by_name(item: OrderItem) -> Hint:
    return Hint("item", "name", {"product": item.name})


def _payment_forms(method: PaymentMethod) -> dict[str, dict[str, Value]]:
    if isinstance(method, CreditCard):
        brand, last_four = {"brand": method.brand}, {"last_four": method.last_four}
        return {
            "credit_card": {},
            "brand": {**brand},
            "last_four": {**last_four},
            "brand_last_four": {**brand, **last_four},
        }
    return {"paypal": {}} if isinstance(method, PayPal) else {"gift_card": {}}


def _payment_words(method: PaymentMethod) -> tuple[str, ...]:
    if isinstance(method, CreditCard):
        return ("credit card", method.brand, method.last_four)
    return ("paypal",) if isinstance(method, PayPal) else ("gift card",)
