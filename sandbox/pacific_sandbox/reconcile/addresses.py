"""Addresses of a network, given to owners and taken back."""

import hashlib
from ipaddress import IPv4Address, IPv4Network

from pacific_infra.errors import PacificError


class AddressPool:
    """The usable addresses of an IPv4 network.

    Which address an owner gets follows from its name, so that it is the same one after a restart, unless another
    owner has it.
    """

    def __init__(self, network: str, holder: str) -> None:
        parsed = IPv4Network(network)
        # The network itself, its gateway (by habit the first address) and the broadcast address stay out.
        self._first = int(parsed.network_address) + 2
        self._count = parsed.num_addresses - 3
        self._network = parsed
        self._holder = holder
        self._owner_of: dict[str, str] = {}
        self._address_of: dict[str, str] = {}

    def claim(self, owner: str, preferred: str | None = None) -> str:
        """The owner's address. ``wanted`` (one it had before, or asks for) is given if it is of this network and free.

        Raises PacificError where all are taken.
        """
        if owner in self._address_of:
            return self._address_of[owner]
        if preferred is not None and self._is_free(preferred):
            return self._give(preferred, owner)
        start = int.from_bytes(hashlib.sha256(owner.encode()).digest()[:8], "big")
        for offset in range(self._count):
            address = str(IPv4Address(self._first + (start + offset) % self._count))
            if address not in self._owner_of:
                return self._give(address, owner)
        raise PacificError(f"no free address for {self._holder}", value=str(self._network), fix="a larger network")

    def release(self, owner: str) -> None:
        """Take the owner's address back, if it has one."""
        address = self._address_of.pop(owner, None)
        if address is not None:
            del self._owner_of[address]

    def _is_free(self, address: str) -> bool:
        try:
            number = int(IPv4Address(address))
        except ValueError:
            return False
        return self._first <= number < self._first + self._count and address not in self._owner_of

    def _give(self, address: str, owner: str) -> str:
        self._owner_of[address] = owner
        self._address_of[owner] = address
        return address
