"""The sixteen tools of the retail domain."""

from cove_rl.domains.general import calculate, transfer_to_human_agents
from cove_rl.domains.retail.tools.delivered import exchange_delivered_order_items, return_delivered_order_items
from cove_rl.domains.retail.tools.lookups import (
    find_user_id_by_email,
    find_user_id_by_name_zip,
    get_item_details,
    get_order_details,
    get_product_details,
    get_user_details,
    list_all_product_types,
)
from cove_rl.domains.retail.tools.pending import (
    cancel_pending_order,
    modify_pending_order_address,
    modify_pending_order_items,
    modify_pending_order_payment,
)
from cove_rl.domains.retail.tools.profile import modify_user_address
from cove_rl.world.tool import Tool

TOOLS: tuple[Tool, ...] = (
    calculate,
    cancel_pending_order,
    exchange_delivered_order_items,
    find_user_id_by_email,
    find_user_id_by_name_zip,
    get_item_details,
    get_order_details,
    get_product_details,
    get_user_details,
    list_all_product_types,
    modify_pending_order_address,
    modify_pending_order_items,
    modify_pending_order_payment,
    modify_user_address,
    return_delivered_order_items,
    transfer_to_human_agents,
)
"""Every tool, by name."""
