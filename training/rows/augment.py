"""Random augmentation of training rows, a whole batch at a time."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from shared.inference.text import PAD_ID
from shared.inference.words import PIECES, Shape

_WITH_CAPITALS = (Shape.UPPER, Shape.INITIAL, Shape.CAPITALISED, Shape.MIXED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Warp:
    """Bounds of random image transforms; angles in radians, the rest as shares of the image."""

    angle: float
    shear: float
    shift: float
    zoom_from: float
    zoom_to: float
    """Side of the visible part as a share of the image's; below 1 enlarges."""

    mirrored: bool

    def matrices(self, count: int) -> Tensor:
        """Return random maps from output to input coordinates, float32 [count, 2, 3]."""
        angle, shear = _around(count, self.angle), _around(count, self.shear)
        zoom = self.zoom_from + (self.zoom_to - self.zoom_from) * torch.rand(count)
        side = torch.where(torch.rand(count) < 0.5, -1.0, 1.0) if self.mirrored else torch.ones(count)
        # A crop may lie anywhere inside the image, and `shift` beyond that.
        room = (1.0 - zoom).clamp(min=0.0) + self.shift
        rows = (
            torch.stack(
                (side * zoom * angle.cos(), zoom * (shear - angle.sin()), room * _around(count, 1.0)), 1
            ),
            torch.stack((side * zoom * angle.sin(), zoom * angle.cos(), room * _around(count, 1.0)), 1),
        )
        return torch.stack(rows, 1)


def warped(pixels: Tensor, warp: Warp, size: int) -> Tensor:
    """Return uint8 [batch, height, width, channels] as float32 [batch, size, size, ...], randomly moved."""
    count, channels = pixels.shape[0], pixels.shape[3]
    grid = nn.functional.affine_grid(warp.matrices(count), [count, channels, size, size], align_corners=False)
    shown = nn.functional.grid_sample(pixels.permute(0, 3, 1, 2).float(), grid, align_corners=False)
    return shown.permute(0, 2, 3, 1)


def relit(pixels: Tensor, strength: float) -> Tensor:
    """Return images, float32 0..255, each with random brightness, contrast and saturation."""
    brightness, contrast, saturation = (
        1.0 + _around(len(pixels), strength)[:, None, None, None] for _ in range(3)
    )
    grey = pixels.mean(3, keepdim=True)
    middle = grey.mean((1, 2), keepdim=True)
    coloured = grey + (pixels - grey) * saturation
    return ((coloured - middle) * contrast + middle * brightness).clamp(0.0, 255.0)


def some_inverted(pixels: Tensor, share: float) -> Tensor:
    """Return images of which about a `share` are inverted."""
    chosen = torch.rand(len(pixels), 1, 1, 1) < share
    return torch.where(chosen, 255.0 - pixels, pixels)


def some_hidden(ids: Tensor, share: float, mask_id: int) -> Tensor:
    """Return token ids [batch, tokens] of which about a `share` are replaced by the mask.

    Padding and the shapes of words stay. Gal and Ghahramani 2016, "A Theoretically Grounded Application of
    Dropout in Recurrent Neural Networks".
    """
    chosen = (torch.rand(ids.shape) < share) & (ids != PAD_ID)
    return torch.where(chosen, ids - ids % PIECES + mask_id, ids)


def some_recased(ids: Tensor, share: float) -> Tensor:
    """Return token ids with shapes [batch, tokens], about a `share` of the rows in a spelling of headlines.

    In half of these rows every word begins with a capital, in the other half none does.
    """
    shapes, chance = ids // PIECES, torch.rand(len(ids), 1)
    capitalised = shapes.masked_fill(shapes == Shape.LOWER, Shape.CAPITALISED)
    lower = shapes.masked_fill(torch.isin(shapes, torch.tensor(_WITH_CAPITALS)), Shape.LOWER)
    recased = torch.where(chance < share / 2, capitalised, torch.where(chance < share, lower, shapes))
    return ids % PIECES + recased * PIECES


def _around(count: int, most: float) -> Tensor:
    return most * (2.0 * torch.rand(count) - 1.0)
