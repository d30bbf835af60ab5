"""Handwritten-looking digits, drawn by code from our own strokes."""

import io
import itertools
import math
import random
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from deploy.local.samples.strokes import STROKES, Point, Stroke

PER_DIGIT: Final = 6
SIZES_PX: Final = (28, 28, 56, 112, 280)
CANVAS_PX: Final = 280
BOX_PX: Final = 200
"""Longer side of the digit on the canvas: 20 of 28 parts, as in the training images."""


@dataclass(frozen=True, slots=True)
class DigitImage:
    """A PNG file, greyscale and square, white strokes on black, with the digit that it shows."""

    content: bytes
    label: int


def draw_digits(seed: int = 1009) -> list[DigitImage]:
    """Return `PER_DIGIT` images of each digit in random order; equal seeds give equal files."""
    rng = random.Random(seed)  # noqa: S311 - sample drawings, no secret
    images = [DigitImage(_draw(rng, digit), digit) for digit in range(10) for _ in range(PER_DIGIT)]
    rng.shuffle(images)
    return images


def _draw(rng: random.Random, digit: int) -> bytes:
    strokes = _handwriting(rng, rng.choice(STROKES[digit]))
    canvas = Image.new("L", (CANVAS_PX, CANVAS_PX))
    pen = ImageDraw.Draw(canvas)
    width_px = rng.randrange(18, 30)
    for stroke in strokes:
        _ink(pen, stroke, width_px)
    side_px = rng.choice(SIZES_PX)
    small = _centred_by_mass(canvas).resize((side_px, side_px), Image.Resampling.BOX)
    file = io.BytesIO()
    small.save(file, format="PNG")
    return file.getvalue()


def _handwriting(rng: random.Random, strokes: list[Stroke]) -> list[Stroke]:
    """Return the strokes slanted, rotated, jittered, and scaled to the box in canvas pixels."""
    slant, turn = rng.uniform(-0.12, 0.32), rng.uniform(-0.10, 0.10)
    aspect = rng.uniform(0.88, 1.12)
    moved = [[_moved(rng, point, slant, turn, aspect) for point in _smooth(stroke)] for stroke in strokes]
    xs = [x for stroke in moved for x, _ in stroke]
    ys = [y for stroke in moved for _, y in stroke]
    scale = BOX_PX / max(max(xs) - min(xs), max(ys) - min(ys))
    left, top = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    half = CANVAS_PX / 2
    return [[(half + (x - left) * scale, half + (y - top) * scale) for x, y in stroke] for stroke in moved]


def _moved(rng: random.Random, point: Point, slant: float, turn: float, aspect: float) -> Point:
    x = point[0] * aspect - slant * (point[1] - 0.5) + rng.gauss(0, 0.006)
    y = point[1] + rng.gauss(0, 0.006)
    return x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)


def _smooth(stroke: Stroke) -> Stroke:
    """Return the stroke with its corners cut three times (Chaikin), which rounds it."""
    for _ in range(3):
        pairs = list(itertools.pairwise(stroke))
        cut = [(a[0] * (1 - t) + b[0] * t, a[1] * (1 - t) + b[1] * t) for a, b in pairs for t in (0.25, 0.75)]
        stroke = [stroke[0], *cut, stroke[-1]]
    return stroke


def _ink(pen: ImageDraw.ImageDraw, stroke: Stroke, width_px: int) -> None:
    radius = width_px / 2
    pen.line(stroke, fill=255, width=width_px, joint="curve")
    for x, y in (stroke[0], stroke[-1]):
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def _centred_by_mass(canvas: Image.Image) -> Image.Image:
    ink = np.asarray(canvas, dtype=np.float64)
    total = ink.sum()
    middle = (CANVAS_PX - 1) / 2
    dx = (ink.sum(axis=0) @ np.arange(CANVAS_PX)) / total - middle
    dy = (ink.sum(axis=1) @ np.arange(CANVAS_PX)) / total - middle
    return canvas.transform(canvas.size, Image.Transform.AFFINE, (1, 0, round(dx), 0, 1, round(dy)))
