"""Rules by which an alert is raised, updated and resolved: pure functions of views of a window."""

from collections import Counter
from math import comb

from services.sentiment_alerts.settings import AlertSettings
from services.sentiment_alerts.window import Story, View


def chance(negative_count: int, story_count: int, *, usual_share: float) -> float:
    """Return the probability of this many negative stories or more, by the usual share (binomial tail)."""
    return sum(
        comb(story_count, count) * usual_share**count * (1 - usual_share) ** (story_count - count)
        for count in range(negative_count, story_count + 1)
    )


def turned(view: View, limits: AlertSettings, *, usual_share: float) -> bool:
    """Return whether these stories raise an alert: many negative ones, a high mean, far above the usual."""
    negative_count = view.negative_count(limits)
    return (
        negative_count >= limits.min_negative_count
        and view.negative_mean >= limits.min_negative_mean
        and chance(negative_count, len(view.stories), usual_share=usual_share) <= limits.max_chance
    )


def grown(view: View, limits: AlertSettings, *, told_count: int) -> bool:
    """Return whether an open alert has grown by `update_growth` since it was last raised or updated."""
    return view.negative_count(limits) >= told_count * limits.update_growth


def calm(kept: View, newest: View, limits: AlertSettings) -> bool:
    """Return whether an alert is over: its stories are past, or newer good ones outweigh them.

    Far from what raises one, so that alerts do not flap; and one good story alone proves nothing.
    """
    past = kept.negative_count(limits) <= limits.resolve_negative_count
    outweighed = (
        len(newest.stories) >= limits.resolve_story_count
        and newest.negative_mean <= limits.resolve_negative_mean
    )
    return past or outweighed


def main_topic(stories: tuple[Story, ...]) -> str:
    """Return the topic of most stories; of equals the one that comes first."""
    return Counter(story.topic for story in stories).most_common(1)[0][0]
