"""The ids of a generated shop."""

from cove_rl.domains.ids import Mint


class ShopMint(Mint):
    """Makes the ids of products, items, orders and parcels, too."""

    def product_or_item(self) -> str:
        """Return ten digits: products and items share their numbers, so that one id never means two things."""
        return self.number("", 10)

    def order(self) -> str:
        """Return ``#W`` and seven digits."""
        return self.number("#W", 7)

    def tracking(self) -> str:
        """Return the twelve digits of a parcel."""
        return self.number("", 12)
