"""Frames: a viewer gets what has changed since its last frame, and nothing of a text can end a line."""

from services.dashboard.frames import Frames, frame


def test_a_frame_swaps_each_part_into_the_element_with_its_name() -> None:
    event = frame({"live_a": "<p>1</p>", "live_b": "2"}).decode()

    assert event == (
        'data: <hx-partial hx-target="#live_a" hx-swap="innerMorph"><p>1</p></hx-partial>'
        '<hx-partial hx-target="#live_b" hx-swap="innerMorph">2</hx-partial>\n\n'
    )


def test_no_line_end_in_a_text_ends_the_event() -> None:
    event = frame({"live_a": "one\ntwo\rthree\r\n\r\ndata: four"}).decode()

    assert event.endswith("\n\n")
    assert all(line.startswith("data: ") for line in event.removesuffix("\n\n").split("\n"))
    assert "\r" not in event


def test_only_changed_parts_are_sent() -> None:
    frames = Frames()
    frames.update({"live_a": "1", "live_b": "1"})
    seen = frames.tick

    has_changed = frames.update({"live_a": "1", "live_b": "2"})

    assert has_changed
    assert b"live_b" in frames.since(seen)
    assert b"live_a" not in frames.since(seen)


def test_nothing_new_is_no_change() -> None:
    frames = Frames()
    frames.update({"live_a": "1"})

    assert not frames.update({"live_a": "1"})


def test_a_viewer_that_missed_frames_gets_all_that_changed_in_them() -> None:
    frames = Frames()
    frames.update({"live_a": "1", "live_b": "1", "live_c": "1"})
    seen = frames.tick
    frames.update({"live_a": "2", "live_b": "1", "live_c": "1"})
    frames.update({"live_a": "2", "live_b": "2", "live_c": "1"})

    late = frames.since(seen)

    assert b"live_a" in late
    assert b"live_b" in late
    assert b"live_c" not in late


def test_viewers_who_have_seen_the_same_share_the_bytes() -> None:
    frames = Frames()
    frames.update({"live_a": "1"})

    assert frames.since(0) is frames.since(0)
