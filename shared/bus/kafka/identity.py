"""Static members of a group: whether another process has taken the name of this one."""

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from aiokafka import errors as kafka_errors
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata

from shared.bus.kafka.client import connecting, connection
from shared.errors import ConfigError, TidemillError
from shared.settings import KafkaSettings

_SUFFIX_LENGTH = len("-") + 36
"""The id that a broker gives a static member is its name, a hyphen and a UUID, new at each start."""


_Described = tuple[str, str, str, bytes, bytes]
"""Member id, client id, host, metadata and assignment, as a broker describes a member."""


class IdentityClashError(ConfigError):
    """Another process has joined the group under this one's static name: only one of them may go on."""


class Identity:
    """A name in a group, and the token by which this process knows its own membership under that name.

    A broker lets the newer of two static members of one name replace the older one. aiokafka takes the older
    one for expired and joins again, which replaces the newer one, and so on: both answer each record. The
    member id does not tell them apart: a process never learns its id where the answer to a join is lost.
    """

    def __init__(self, settings: KafkaSettings, *, group: str, name: str) -> None:
        self.name = name
        self.token = uuid4().hex
        """Unique to this process; it travels in the metadata of each join."""

        self._settings = settings
        self._group = group
        self._has_joined = False

    def note_joined(self) -> None:
        """Take note that this process is, or may be, a member by now."""
        self._has_joined = True

    async def refuse_clash(self) -> None:
        """Raise IdentityClashError when this process has joined, and another one has its name now."""
        if self._has_joined and (host := await self._host_of_other()):
            raise IdentityClashError(
                f"another process, at {host}, has joined group {self._group} as member {self.name!r}: "
                "give each process a TIDEMILL__KAFKA__MEMBER of its own, or none"
            )

    async def _host_of_other(self) -> str:
        """Return where the other process runs; empty where there is none, or the broker can't tell."""
        try:
            members = await self._members()
        except (TidemillError, kafka_errors.KafkaError):
            return ""
        return host_of_other(members, name=self.name, token=self.token)

    async def _members(self) -> list[_Described]:
        async with connecting(self._settings, f"asking for the members of group {self._group}"):
            admin = AIOKafkaAdminClient(**connection(self._settings))
            try:
                await admin.start()
                [answer] = await admin.describe_consumer_groups([self._group])
                return [member for _, _, _, _, _, members, *_ in answer.groups for member in members]
            finally:
                await admin.close()


def host_of_other(members: Iterable[_Described], *, name: str, token: str) -> str:
    """Return the host of a static member of this name that joined without `token`; else nothing.

    A broker tells no metadata while the group rebalances: nobody is another one then, and the next rebalance
    asks again. The client id says nothing: a broker keeps the one of the member that was replaced.
    """
    for member_id, _, host, metadata, _ in members:
        if member_id[:-_SUFFIX_LENGTH] == name and metadata and token.encode() not in metadata:
            return host.lstrip("/")
    return ""


def identity_of(settings: KafkaSettings, *, group: str, name: str | None) -> Identity | None:
    """Return the identity of a static member; None for a member without a name."""
    return None if name is None else Identity(settings, group=group, name=name)


def assignor_of(identity: Identity | None) -> Any:
    """Return the round-robin assignor, with the identity's token in the metadata of each join."""
    if identity is None:
        return RoundRobinPartitionAssignor
    token = identity.token.encode()

    class WithToken(RoundRobinPartitionAssignor):  # type: ignore[misc]
        @classmethod
        def metadata(cls, topics: Iterable[str]) -> Any:
            return ConsumerProtocolMemberMetadata(cls.version, list(topics), token)

    return WithToken
