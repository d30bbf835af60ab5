"""Frames: the parts of a page that have changed, as one event of a stream that htmx swaps in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fastapi.sse import format_sse_event

ALIVE = format_sse_event(comment="alive")
"""Comment that keeps a stream open while nothing changes."""


def frame(parts: Mapping[str, str]) -> bytes:
    """Return one server-sent event that swaps each part into the element with its id."""
    html = "".join(
        f'<hx-partial hx-target="#{name}" hx-swap="innerMorph">{content}</hx-partial>'
        for name, content in parts.items()
    )
    return format_sse_event(data_str=html)


@dataclass(slots=True)
class Frames:
    """The newest content of each part of a view, with the number of the tick that changed it."""

    tick: int = 0
    _parts: dict[str, str] = field(default_factory=dict)
    _changed_at: dict[str, int] = field(default_factory=dict)
    _made: dict[int, bytes] = field(default_factory=dict)

    def update(self, parts: Mapping[str, str]) -> bool:
        """Take the parts over; return whether one of them has changed."""
        changed = [name for name, content in parts.items() if self._parts.get(name) != content]
        if changed:
            self.tick += 1
            self._parts.update(parts)
            self._changed_at.update(dict.fromkeys(changed, self.tick))
            self._made.clear()
        return bool(changed)

    def since(self, tick: int) -> bytes:
        """Return the frame for viewers who have seen all up to `tick`; made once for all of them."""
        if tick not in self._made:
            self._made[tick] = frame({name: self._parts[name] for name in self._newer(tick)})
        return self._made[tick]

    def _newer(self, tick: int) -> Iterable[str]:
        return (name for name, changed_at in self._changed_at.items() if changed_at > tick)
