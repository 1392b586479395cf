"""The fourteen tools of the airline domain."""

from cove_rl.domains.airline.tools.booking import book_reservation
from cove_rl.domains.airline.tools.changes import (
    update_reservation_baggages,
    update_reservation_flights,
    update_reservation_passengers,
)
from cove_rl.domains.airline.tools.lookups import (
    get_flight_status,
    get_reservation_details,
    get_user_details,
    list_all_airports,
)
from cove_rl.domains.airline.tools.refunds import cancel_reservation, send_certificate
from cove_rl.domains.airline.tools.search import search_direct_flight, search_onestop_flight
from cove_rl.domains.general import calculate, transfer_to_human_agents
from cove_rl.world.tool import Tool

TOOLS: tuple[Tool, ...] = (
    book_reservation,
    calculate,
    cancel_reservation,
    get_flight_status,
    get_reservation_details,
    get_user_details,
    list_all_airports,
    search_direct_flight,
    search_onestop_flight,
    send_certificate,
    transfer_to_human_agents,
    update_reservation_baggages,
    update_reservation_flights,
    update_reservation_passengers,
)
"""Every tool, by name."""
