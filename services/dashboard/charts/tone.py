"""Chart of tone and volume: share of bad news as a line, stories as bars, over the time of publication."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from services.dashboard.state.news import Story

_WIDTH, _TONE_HEIGHT, _VOLUME_HEIGHT = 600.0, 120.0, 60.0
_BARS = 24
"""Most intervals of a chart."""

_STEPS = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1440, 2880, 10080, 40320, 161280)
)
"""Lengths of an interval: the smallest that gives few enough of them."""

_MARK = "<path class='{}' d='{}'/>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Stories published within some time."""

    begin: datetime
    end: datetime
    stories: int
    bad: int
    """Stories that are more likely bad than not."""

    negative_mean: float | None
    """Mean probability of bad news; None without a story."""


@dataclass(frozen=True, slots=True)
class ToneChart:
    """A chart with the sentence and the rows that say the same."""

    tone: Markup
    volume: Markup
    intervals: tuple[Interval, ...]
    most: int
    """Stories of the fullest interval."""

    sentence: str


def tone_chart(stories: Sequence[Story]) -> ToneChart | None:
    """Return the chart of some stories; None without any."""
    intervals = intervals_of(stories)
    if not intervals:
        return None
    most = max(each.stories for each in intervals)
    return ToneChart(
        tone=_svg(_TONE_HEIGHT, _tone(intervals)),
        volume=_svg(_VOLUME_HEIGHT, _volume(intervals, most)),
        intervals=intervals,
        most=most,
        sentence=_sentence(intervals),
    )


def intervals_of(stories: Sequence[Story]) -> tuple[Interval, ...]:
    """Return at most 24 intervals of equal length over all stories, the oldest first."""
    if not stories:
        return ()
    first, last = min(each.at for each in stories), max(each.at for each in stories)
    step = next((step for step in _STEPS if _count(first, last, step) <= _BARS), (last - first) / (_BARS - 1))
    begin = _floor(first, step)
    held: list[list[Story]] = [[] for _ in range(_count(first, last, step))]
    for story in stories:
        held[int((story.at - begin) / step)].append(story)
    return tuple(_interval(begin + index * step, step, each) for index, each in enumerate(held))


def _count(first: datetime, last: datetime, step: timedelta) -> int:
    return int((last - _floor(first, step)) / step) + 1


def _floor(time: datetime, step: timedelta) -> datetime:
    """Return the last multiple of `step` since 1970 that is not after a time."""
    epoch = datetime.fromtimestamp(0, time.tzinfo)
    return epoch + (time - epoch) // step * step


def _interval(begin: datetime, step: timedelta, stories: Sequence[Story]) -> Interval:
    count = len(stories)
    return Interval(
        begin=begin,
        end=begin + step,
        stories=count,
        bad=sum(each.negative > 0.5 for each in stories),
        negative_mean=sum(each.negative for each in stories) / count if count else None,
    )


def _sentence(intervals: Sequence[Interval]) -> str:
    total, bad = sum(each.stories for each in intervals), sum(each.bad for each in intervals)
    found = [each for each in intervals if each.negative_mean is not None]
    worst = max(found, key=lambda each: each.negative_mean or 0.0)
    return (
        f"{bad} of {total} {'story is' if total == 1 else 'stories are'} bad news. The worst time was "
        f"{worst.begin:%d %b %H:%M} UTC: mean {worst.negative_mean:.0%} bad over {worst.stories} "
        f"{'story' if worst.stories == 1 else 'stories'}; the latest is {found[-1].negative_mean:.0%}."
    )


def _svg(height: float, marks: Sequence[str]) -> Markup:
    return Markup(  # noqa: S704 - numbers of ours, no text
        f"<svg viewBox='0 0 {_WIDTH:.0f} {height:.0f}' preserveAspectRatio='none' aria-hidden='true'>"
        f"{''.join(marks)}</svg>"
    )


def _tone(intervals: Sequence[Interval]) -> list[str]:
    """Return the line of the mean, with the area under it, and a dot for each interval with stories."""
    slot = _WIDTH / len(intervals)
    points = [
        (slot * (index + 0.5), _TONE_HEIGHT * (1 - each.negative_mean))
        for index, each in enumerate(intervals)
        if each.negative_mean is not None
    ]
    line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    area = f"{line}L{points[-1][0]:.1f} {_TONE_HEIGHT:.0f}L{points[0][0]:.1f} {_TONE_HEIGHT:.0f}Z"
    dots = "".join(f"M{x:.1f} {y:.1f}h0.01" for x, y in points)
    half = f"M0 {_TONE_HEIGHT / 2:.0f}H{_WIDTH:.0f}"
    marks = {"grid": half, "area": area, "line": line, "dot": dots}
    return [_MARK.format(name, path) for name, path in marks.items()]


def _volume(intervals: Sequence[Interval], most: int) -> list[str]:
    """Return a bar for the stories of each interval, its lower part for the bad ones."""
    slot = _WIDTH / len(intervals)
    return [
        _MARK.format(name, "".join(_bar(index, slot, count / most) for index, count in enumerate(counts)))
        for name, counts in (
            ("bar", [each.stories for each in intervals]),
            ("bar bad", [each.bad for each in intervals]),
        )
    ]


def _bar(index: int, slot: float, share: float) -> str:
    if not share:
        return ""
    height = _VOLUME_HEIGHT * share
    left, width = slot * (index + 0.15), slot * 0.7
    return f"M{left:.1f} {_VOLUME_HEIGHT:.0f}v-{height:.1f}h{width:.1f}v{height:.1f}z"
