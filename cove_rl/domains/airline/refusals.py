"""What an airline customer can ask for that the policy forbids, or leaves to a human."""

from typing import Literal

from cove_rl.domains.airline.records import Reservation, User
from cove_rl.domains.airline.rules import Incident
from cove_rl.world.constraint import Constraint, Evidence
from cove_rl.world.record import Record
from cove_rl.world.world import World


class Refusal(Constraint, frozen=True):
    """Base: a request about one reservation that must end with nothing written for it."""

    reservation_id: str

    def evidence(self, world: World) -> tuple[Evidence, ...]:
        """The reservation decides."""
        return (Evidence("get_reservation_details", {"reservation_id": self.reservation_id}),)

    def guards(self, world: World) -> tuple[tuple[type[Record], str], ...]:
        """The reservation."""
        return ((Reservation, self.reservation_id),)


class RefuseCancel(Refusal, frozen=True, tag="refuse_cancel"):
    """A cancellation that nothing entitles the customer to."""

    def describe(self) -> str:
        """The request in words."""
        return f"cancel reservation {self.reservation_id}, which nothing allows"


class RefuseFlightChange(Refusal, frozen=True, tag="refuse_flight_change"):
    """Other flights in basic economy."""

    def describe(self) -> str:
        """The request in words."""
        return f"change the flights of reservation {self.reservation_id}, which is basic economy"


class RefuseStarted(Refusal, frozen=True, tag="refuse_started"):
    """Other flights or another cabin on a trip that is under way or over."""

    asked: Literal["change_flights", "change_cabin"]

    def describe(self) -> str:
        """The request in words."""
        return f"{self.asked} on reservation {self.reservation_id}, part of which has been flown"


class RefuseRemoveBags(Refusal, frozen=True, tag="refuse_remove_bags"):
    """Fewer checked bags."""

    def describe(self) -> str:
        """The request in words."""
        return f"remove bags from reservation {self.reservation_id}"


class RefuseInsurance(Refusal, frozen=True, tag="refuse_insurance"):
    """Travel insurance after booking."""

    def describe(self) -> str:
        """The request in words."""
        return f"add insurance to reservation {self.reservation_id}"


class RefusePassengerCount(Refusal, frozen=True, tag="refuse_passenger_count"):
    """One passenger more, or one fewer."""

    asked: Literal["add_passenger", "remove_passenger"]

    def describe(self) -> str:
        """The request in words."""
        return f"{self.asked} on reservation {self.reservation_id}"


class RefuseRoute(Refusal, frozen=True, tag="refuse_route"):
    """Another destination; `destination` is an airport's code."""

    destination: str

    def describe(self) -> str:
        """The request in words."""
        return f"take reservation {self.reservation_id} to {self.destination} instead"


class RefuseCompensation(Refusal, frozen=True, tag="refuse_compensation"):
    """Compensation that is not due: to this customer, for this reservation, or because nothing went wrong."""

    user_id: str
    incident: Incident

    def guards(self, world: World) -> tuple[tuple[type[Record], str], ...]:
        """The reservation, and the customer, who would get the certificate."""
        return (*super().guards(world), (User, self.user_id))

    def describe(self) -> str:
        """The request in words."""
        return f"compensate {self.user_id} for {self.incident} flights of reservation {self.reservation_id}, not due"


class RefuseStranger(Refusal, frozen=True, tag="refuse_stranger"):
    """Something about somebody else's reservation."""

    asked: str
    user_id: str

    def evidence(self, world: World) -> tuple[Evidence, ...]:
        """Either the reservation, which names its owner, or the customer's profile, which does not list it."""
        return (*super().evidence(world), Evidence("get_user_details", {"user_id": self.user_id}))

    def describe(self) -> str:
        """The request in words."""
        return f"{self.asked} on reservation {self.reservation_id}, which is not {self.user_id}'s"


class HandOver(Refusal, frozen=True, tag="hand_over"):
    """A cancellation although a flight was flown: only a human can deal with it."""

    @property
    def transfer(self) -> bool:
        """A human takes over."""
        return True

    def describe(self) -> str:
        """The request in words."""
        return f"cancel reservation {self.reservation_id}, part of which has been flown: for a human"


FORBIDDEN: tuple[type[Constraint], ...] = (
    RefuseCancel,
    RefuseFlightChange,
    RefuseStarted,
    RefuseRemoveBags,
    RefuseInsurance,
    RefusePassengerCount,
    RefuseRoute,
    RefuseCompensation,
    RefuseStranger,
    HandOver,
)
