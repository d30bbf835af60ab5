"""Static members of a group: whether another process has taken the name of this one."""

from collections.abc import Container, Iterable

from aiokafka import AIOKafkaConsumer
from aiokafka import errors as kafka_errors
from aiokafka.admin import AIOKafkaAdminClient

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
    """A name in a group, and the member ids that this process has had under it.

    A broker lets the newer of two static members of one name replace the older one. aiokafka takes the older
    one for expired and joins again, which replaces the newer one, and so on: both answer each record.
    """

    def __init__(self, settings: KafkaSettings, *, group: str, name: str) -> None:
        self.name = name
        self._settings = settings
        self._group = group
        self._member_ids: set[str] = set()

    def note(self, client: AIOKafkaConsumer) -> None:
        """Remember the id of a client of this process that has joined."""
        coordinator = client._coordinator
        if coordinator is not None and coordinator.member_id:
            self._member_ids.add(coordinator.member_id)

    async def refuse_clash(self) -> None:
        """Raise IdentityClashError when this process has joined, and another one has its name now."""
        if self._member_ids and (host := await self._host_of_other()):
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
        return host_of_other(members, name=self.name, own_ids=self._member_ids)

    async def _members(self) -> list[_Described]:
        async with connecting(self._settings, f"asking for the members of group {self._group}"):
            admin = AIOKafkaAdminClient(**connection(self._settings))
            try:
                await admin.start()
                [answer] = await admin.describe_consumer_groups([self._group])
                return [member for _, _, _, _, _, members, *_ in answer.groups for member in members]
            finally:
                await admin.close()


def host_of_other(members: Iterable[_Described], *, name: str, own_ids: Container[str]) -> str:
    """Return the host of a static member of this name whose id is not among `own_ids`; else nothing.

    The client id says nothing: a broker keeps the one of the member that was replaced.
    """
    for member_id, _, host, _, _ in members:
        if member_id[:-_SUFFIX_LENGTH] == name and member_id not in own_ids:
            return host.lstrip("/")
    return ""


def identity_of(settings: KafkaSettings, *, group: str, name: str | None) -> Identity | None:
    """Return the identity of a static member; None for a member without a name."""
    return None if name is None else Identity(settings, group=group, name=name)
