"""Records of people that every domain has. Fields and their order are tau2-bench's."""

from cove_rl.world.record import Record


class Name(Record, frozen=True):
    """A person's name."""

    first_name: str
    last_name: str


class Address(Record, frozen=True):
    """A postal address; `address2` is the suite or apartment."""

    address1: str
    address2: str
    city: str
    country: str
    state: str
    zip: str


class CreditCard(Record, frozen=True, tag_field="source", tag="credit_card"):
    """A credit card on file."""

    id: str
    brand: str
    last_four: str
