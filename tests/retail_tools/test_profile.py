"""A changed profile address stays in the profile and in its state."""

from cove_rl.domains.retail.records import User
from cove_rl.world.world import World

from .shop import AWAY, HOME, Shop, tables


def test_the_address_is_replaced_and_nothing_else(shop: Shop) -> None:
    before = shop.json("get_user_details", user_id="ann_1")
    after = shop.json("modify_user_address", user_id="ann_1", **AWAY)
    assert after.pop("address") == AWAY
    before.pop("address")
    assert after == before
    assert shop.order("#PEND").address == HOME


def test_an_unknown_user_is_refused(shop: Shop) -> None:
    assert "no user 'zoe'" in shop.refused("modify_user_address", user_id="zoe", **AWAY)


def test_two_states_of_a_world_share_nothing_that_changes() -> None:
    world = World("retail", tables())
    one, other = Shop(world=world), Shop(world=world)
    one.ok("modify_user_address", user_id="ann_1", **AWAY)
    one.ok("cancel_pending_order", order_id="#GIFT", reason="no longer needed")
    assert other.state.diff() == ()
    assert other.balance("ann_1", "gift") == 50.0
    assert other.json("get_user_details", user_id="ann_1")["address"]["city"] == "Leeds"
    assert other.json("get_order_details", order_id="#GIFT")["status"] == "pending"


def test_a_change_taken_back_is_no_change(shop: Shop) -> None:
    home = {name: getattr(HOME, name) for name in AWAY}
    shop.ok("modify_user_address", user_id="ann_1", **AWAY)
    assert [(change.kind, change.key) for change in shop.state.diff()] == [(User, "ann_1")]
    shop.ok("modify_user_address", user_id="ann_1", **home)
    assert shop.state.diff() == ()
