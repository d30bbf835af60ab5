"""Signed links to results: they hold the place of the input, so that it is found without any memory."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from shared.bus.record import Partition, Place
from shared.errors import TidemillError
from shared.events import INPUTS

_MAC_BYTES: Final = 16
_INPUT_TOPICS: Final = frozenset(event.name for event in INPUTS)


class ForgedLinkError(TidemillError):
    """A link that this installation has not signed for this event."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Place of an accepted input, and the key that sent it."""

    event_id: UUID
    place: Place
    key_id: str

    def to_bytes(self) -> bytes:
        """Return topic, partition, offset and key, without the event."""
        partition, offset = self.place
        return "\n".join((partition.topic, str(partition.number), str(offset), self.key_id)).encode()

    @classmethod
    def of(cls, event_id: UUID, content: bytes) -> "Receipt":
        """Return the receipt of what `to_bytes` wrote. Raises ValueError on anything else."""
        topic, number, offset, key_id = content.decode().split("\n", maxsplit=3)
        if topic not in _INPUT_TOPICS:
            raise ValueError(f"{topic} is no input")
        return cls(event_id, Place(Partition(topic, int(number)), int(offset)), key_id)


class Links:
    """Makes and checks links, with the secret of the installation."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def link(self, receipt: Receipt) -> str:
        """Return the path and query at which the result can be asked for."""
        content = receipt.to_bytes()
        token = base64.urlsafe_b64encode(self._mac(receipt.event_id, content) + content)
        return f"/v1/results/{receipt.event_id}?at={token.decode().rstrip('=')}"

    def read(self, event_id: UUID, token: str) -> Receipt:
        """Return the receipt in a link. Raises ForgedLinkError when it was not made for this event here."""
        try:
            signed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise ForgedLinkError from None
        mac, content = signed[:_MAC_BYTES], signed[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(event_id, content)):
            raise ForgedLinkError
        return Receipt.of(event_id, content)

    def _mac(self, event_id: UUID, content: bytes) -> bytes:
        return hmac.digest(self._secret, event_id.bytes + content, hashlib.sha256)[:_MAC_BYTES]
