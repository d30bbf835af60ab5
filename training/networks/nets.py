"""Networks: each takes the input that Triton sends and returns its outputs by name."""

from collections.abc import Mapping, Sequence
from typing import Self

import torch
from torch import Tensor, nn
from transformers import BertModel

from shared.inference.text import PAD_ID
from shared.inference.words import PIECES, Shape

_HIDDEN = -1e4
"""Stands for minus infinity in a softmax or maximum, and is finite in half precision."""


class Net(nn.Module):
    """A network with named outputs: a pretrained (or empty) `body`, and `heads` with new weights."""

    body: nn.Module
    heads: nn.ModuleDict

    def outputs(self, inputs: Tensor) -> dict[str, Tensor]:
        """Return the outputs by their names in Triton, float32 [batch, width] or [batch, tokens, width]."""
        raise NotImplementedError

    def forward(self, inputs: Tensor) -> dict[str, Tensor]:
        """Return the same as `outputs`."""
        return self.outputs(inputs)


class BertClassifier(Net):
    """An encoder with mean pooling and any number of linear heads."""

    body: BertModel

    def __init__(
        self, encoder: BertModel, widths: Mapping[str, int], *, dropout: float, pooled: bool
    ) -> None:
        super().__init__()
        self.body = encoder
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.ModuleDict(
            {name: nn.Linear(encoder.config.hidden_size, width) for name, width in widths.items()}
        )
        self.pooled = pooled

    def outputs(self, inputs: Tensor) -> dict[str, Tensor]:
        """Return the logits of each head for token ids [batch, tokens]; `pooled` has length one."""
        seen = inputs != PAD_ID
        hidden = self.body(input_ids=inputs.long(), attention_mask=_mask(seen)).last_hidden_state
        weight = seen.float().unsqueeze(-1)
        mean = (hidden * weight).sum(1) / weight.sum(1).clamp(min=1.0)
        answers = {name: head(self.dropout(mean)) for name, head in self.heads.items()}
        if self.pooled:
            answers["pooled"] = nn.functional.normalize(mean, dim=-1)
        return answers


class WordClassifier(Net):
    """An encoder that also takes the shape of each word, with a linear head per token."""

    body: BertModel

    def __init__(self, encoder: BertModel, labels: int, *, dropout: float) -> None:
        super().__init__()
        self.body = encoder
        self.dropout = nn.Dropout(dropout)
        width = encoder.config.hidden_size
        self.heads = nn.ModuleDict(
            {
                # Nothing at first: the pretrained encoder begins as it was.
                "shapes": nn.Embedding(len(Shape), width, _weight=torch.zeros(len(Shape), width)),
                "logits": nn.Linear(width, labels),
            }
        )

    def outputs(self, inputs: Tensor) -> dict[str, Tensor]:
        """Return the logits of each token, float32 [batch, tokens, labels], for ids with shapes."""
        shapes = torch.div(inputs, PIECES, rounding_mode="floor").long()
        words = self.body.embeddings.word_embeddings((inputs - shapes * PIECES).long())
        hidden = self.body(
            inputs_embeds=words + self.heads["shapes"](shapes), attention_mask=_mask(inputs != PAD_ID)
        ).last_hidden_state
        return {"logits": self.heads["logits"](self.dropout(hidden))}


def _mask(seen: Tensor) -> Tensor:
    """Return the attention mask to add to the scores, float32 [batch, 1, 1, tokens]."""
    # Four dimensions and additive, as attention wants it: this keeps the exported graph plain.
    return ((1.0 - seen.float()) * _HIDDEN)[:, None, None, :]


class LstmClassifier(Net):
    """An LSTM in each direction over rows of any length; padding changes no answer.

    Padding is behind a row in both directions, as the second LSTM reads a row that is reversed in place. So
    no packing is needed and torch's fast kernels apply, which is five times as fast.
    """

    body: nn.ModuleDict

    def __init__(self, *, words: Tensor, hidden: int, dropout: float) -> None:
        super().__init__()
        self.body = nn.ModuleDict(
            {
                "words": nn.Embedding(words.shape[0], words.shape[1], padding_idx=PAD_ID, _weight=words),
                "there": nn.LSTM(words.shape[1], hidden, batch_first=True),
                "back": nn.LSTM(words.shape[1], hidden, batch_first=True),
            }
        )
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.ModuleDict({"logits": nn.Linear(4 * hidden, 2)})

    def outputs(self, inputs: Tensor) -> dict[str, Tensor]:
        """Return the logits for token ids [batch, tokens]."""
        seen = (inputs != PAD_ID).unsqueeze(-1)
        lengths = seen.sum((1, 2)).clamp(min=1)
        rows = self.dropout(self.body["words"](inputs.long()))
        turn = _turned(lengths, inputs.shape[1])
        back = _picked(self.body["back"](_picked(rows, turn))[0], turn)
        states = torch.cat((self.body["there"](rows)[0], back), dim=2)
        highest = states.masked_fill(~seen, _HIDDEN).amax(1)
        mean = (states * seen).sum(1) / lengths.unsqueeze(-1)
        return {"logits": self.heads["logits"](self.dropout(torch.cat((highest, mean), dim=1)))}


def _turned(lengths: Tensor, width: int) -> Tensor:
    """Return int64 [batch, width]: the position of each piece when the row is read from its end."""
    # Never expanded to the batch: the size at export would stay in the graph.
    place = torch.arange(width, device=lengths.device)
    mirrored = lengths.unsqueeze(1) - 1 - place
    return torch.where(mirrored >= 0, mirrored, place)


def _picked(values: Tensor, places: Tensor) -> Tensor:
    return values.gather(1, places.unsqueeze(-1).expand(-1, -1, values.shape[2]))


class DigitClassifier(Net):
    """A small CNN for 28 x 28 grey pixels; its head has weights of its own for each of the 7 x 7 places."""

    def __init__(self, *, dropout: float, classes: int = 10) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_block(1, 24),
            *_block(24, 32, stride=2),
            *_block(32, 64),
            *_block(64, 64, stride=2),
            *_block(64, 128),
            nn.Flatten(),
            nn.Dropout(dropout),
        )
        self.heads = nn.ModuleDict({"logits": nn.Linear(128 * 7 * 7, classes)})

    def outputs(self, inputs: Tensor) -> dict[str, Tensor]:
        """Return the logits for uint8 [batch, height, width, 1]."""
        return {"logits": self.heads["logits"](self.body(_scaled(inputs)))}


def _block(inputs: int, outputs: int, stride: int = 1) -> Sequence[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, kernel_size=3, stride=stride, padding=1, bias=False)
    return convolution, nn.BatchNorm2d(outputs), nn.ReLU()


class PhotoClassifier(Net):
    """A network pretrained on ImageNet, with a new head on the mean over the photo."""

    def __init__(self, backbone: nn.Module, *, features: int, classes: int, dropout: float) -> None:
        super().__init__()
        self.body = backbone
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.ModuleDict({"logits": nn.Linear(features, classes)})

    def train(self, mode: bool = True) -> Self:  # noqa: FBT001, FBT002 -- torch's signature
        """Switch the mode; normalisation keeps its pretrained statistics: a few photos give worse ones."""
        super().train(mode)
        for layer in self.body.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.eval()
        return self

    def outputs(self, inputs: Tensor) -> dict[str, Tensor]:
        """Return the logits for uint8 [batch, height, width, 3]."""
        features = self.body(_scaled(inputs)).mean((2, 3))
        return {"logits": self.heads["logits"](self.dropout(features))}


def _scaled(pixels: Tensor) -> Tensor:
    """Return uint8 [batch, height, width, channels] as float32 [batch, channels, height, width] in -1..1."""
    return pixels.permute(0, 3, 1, 2).float() / 128.0 - 1.0


class Identity(Net):
    """Four sums of the ids: a model that costs almost nothing, to measure the pipeline around it."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Identity()
        self.heads = nn.ModuleDict()

    def outputs(self, inputs: Tensor) -> dict[str, Tensor]:
        """Return float32 [batch, 4]: the sum of the ids times 1, 2, 3 and 4, in thousandths."""
        total = inputs.float().sum(1, keepdim=True) / 1000.0
        return {"logits": torch.cat([total * factor for factor in (1.0, 2.0, 3.0, 4.0)], dim=1)}
