"""What a retail customer can ask for that the policy forbids, or leaves to a human."""

from typing import Literal

from cove_rl.domains.retail.records import Order
from cove_rl.world.constraint import Constraint, Evidence
from cove_rl.world.record import Record
from cove_rl.world.world import World


class Refusal(Constraint, frozen=True):
    """Base: a request about one order that must end with nothing written for it."""

    order_id: str

    def evidence(self, world: World) -> tuple[Evidence, ...]:
        """The order decides."""
        return (Evidence("get_order_details", {"order_id": self.order_id}),)

    def guards(self, world: World) -> tuple[tuple[type[Record], str], ...]:
        """The order."""
        return ((Order, self.order_id),)


class RefuseStatus(Refusal, frozen=True, tag="refuse_status"):
    """Something the order's status rules out, such as cancelling what was delivered."""

    asked: str

    def describe(self) -> str:
        """The request in words."""
        return f"{self.asked} on order {self.order_id}, which its status rules out"


class RefuseGiftCard(Refusal, frozen=True, tag="refuse_gift_card"):
    """Paying an order with a gift card that does not cover it."""

    payment_method_id: str

    def describe(self) -> str:
        """The request in words."""
        return f"pay order {self.order_id} with {self.payment_method_id}, which does not cover it"


class RefuseRefund(Refusal, frozen=True, tag="refuse_refund"):
    """A refund to a method that is neither the one that paid nor a gift card."""

    item_ids: tuple[str, ...]
    payment_method_id: str

    def describe(self) -> str:
        """The request in words."""
        return f"return items of order {self.order_id} for a refund to {self.payment_method_id}, which did not pay it"


class RefuseUnavailable(Refusal, frozen=True, tag="refuse_unavailable"):
    """A change or exchange to a variant that is out of stock."""

    asked: str
    item_id: str
    product_id: str
    new_item_id: str
    payment_method_id: str

    def evidence(self, world: World) -> tuple[Evidence, ...]:
        """The product's stock decides."""
        return (
            Evidence("get_product_details", {"product_id": self.product_id}),
            Evidence("get_item_details", {"item_id": self.new_item_id}),
        )

    def describe(self) -> str:
        """The request in words."""
        return f"{self.asked} on order {self.order_id} to item {self.new_item_id}, which is not available"


class RefuseStranger(Refusal, frozen=True, tag="refuse_stranger"):
    """Something about somebody else's order."""

    asked: str
    user_id: str

    def evidence(self, world: World) -> tuple[Evidence, ...]:
        """Either the order, which names its owner, or the customer's profile, which does not list it."""
        return (*super().evidence(world), Evidence("get_user_details", {"user_id": self.user_id}))

    def describe(self) -> str:
        """The request in words."""
        return f"{self.asked} on order {self.order_id}, which is not {self.user_id}'s"


class HandOver(Refusal, frozen=True, tag="hand_over"):
    """A problem no tool solves: a cancelled order to restore, a parcel that never came."""

    problem: Literal["restore_order", "missing_parcel"]

    @property
    def transfer(self) -> bool:
        """A human takes over."""
        return True

    def describe(self) -> str:
        """The request in words."""
        return f"{self.problem.replace('_', ' ')} {self.order_id}, which only a human can do"
