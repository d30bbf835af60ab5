"""Added intents: a served model learns them from a few sentences, without training."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import ConfigError
from shared.events import Prediction
from shared.files import write_whole
from shared.inference.batcher import Row
from shared.inference.prediction import foreign_log_odds, predict, probabilities
from shared.repository.bundle import ModelBundle, OutputSpec

_CHECK_EVERY_S = 1.0

_SLOPE = 12.0
"""Increase of an added intent's log odds per unit of cosine; see `_ADDED_WEIGHT`."""

_ADDED_WEIGHT = 2.0
"""Weight of an added intent at its threshold, relative to the out-of-scope odds.

Chosen with `_SLOPE` on held-back rows of a support_intent that was trained without ten of its intents
(docs/added_intents.md): many of the 1,053 rows of these are right, and none of 444 others is lost. Energy
tells unknown intents better than confidence: with 1 - confidence in its place 56 % of the added were right.
"""

log = structlog.get_logger()


class AddedIntent(BaseModel):
    """An intent that the model was not trained on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=80)
    sentences: tuple[str, ...]
    """Examples that it was made from; for another version of the model it is made again from them."""

    vector: tuple[float, ...]
    """The prototype: mean of the sentences' vectors, scaled to length one."""

    threshold: float
    """Cosine from which a message belongs to the intent."""


class AddedIntents(BaseModel):
    """All intents added to one version of a model, as the file stores them."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    model: str
    model_version: str
    preprocessing_hash: str
    intents: tuple[AddedIntent, ...] = ()

    @classmethod
    def none_for(cls, bundle: ModelBundle) -> "AddedIntents":
        """Return an empty list for this version of a model."""
        return cls(
            model=bundle.model, model_version=bundle.version, preprocessing_hash=bundle.preprocessing_hash
        )

    def fits(self, bundle: ModelBundle) -> bool:
        """Return whether this version of the model made the vectors."""
        return self.none_for(bundle) == self.model_copy(update={"intents": ()})

    def with_intent(self, intent: AddedIntent) -> "AddedIntents":
        """Return the list with this intent, which replaces one of the same name."""
        return self.model_copy(update={"intents": (*self.without(intent.name).intents, intent)})

    def without(self, name: str) -> "AddedIntents":
        """Return the list without the intent of this name."""
        left = tuple(intent for intent in self.intents if intent.name != name)
        return self.model_copy(update={"intents": left})


def prototype(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the normalised mean of unit vectors [rows, width]: float32 [width].

    Snell et al. 2017, "Prototypical Networks for Few-shot Learning".
    """
    mean = vectors.mean(axis=0)
    middle: NDArray[np.float32] = mean / np.linalg.norm(mean)
    return middle


def added_intent(name: str, sentences: Sequence[str], vectors: NDArray[np.float32]) -> AddedIntent:
    """Return the intent of sentences that have these unit vectors, float32 [sentences, width]."""
    return AddedIntent(
        name=name,
        sentences=tuple(sentences),
        vector=tuple(round(number, 6) for number in prototype(vectors).tolist()),
        threshold=round(threshold(vectors), 4),
    )


def threshold(vectors: NDArray[np.float32]) -> float:
    """Return the cosine from which a message belongs to the intent of these unit vectors."""
    left_out = [
        float(prototype(np.delete(vectors, row, axis=0)) @ vectors[row]) for row in range(len(vectors))
    ]
    return float(np.mean(left_out))


def read_intents(path: Path) -> AddedIntents | None:
    """Return the content of the file; None when there is no file.

    Raises ConfigError when it can't be read: remove it, and add the intents again.
    """
    try:
        return AddedIntents.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        why = str(error).splitlines()[0]
        raise ConfigError(f"{path} is no usable list of intents ({why}); remove it, add them anew") from error


def write_intents(path: Path, intents: AddedIntents) -> None:
    """Write the file. A service that reads it meanwhile sees the old content or the new one, whole."""
    try:
        write_whole(path, f"{intents.model_dump_json(indent=1)}\n".encode())
    except OSError as error:
        raise ConfigError(f"{path} can't be written: {error.strerror}; set TIDEMILL__INTENTS_FILE") from error


class Prototypes:
    """Added intents in the form that predictions take."""

    def __init__(self, intents: Sequence[AddedIntent]) -> None:
        self._names = tuple(intent.name for intent in intents)
        self._vectors = np.array([intent.vector for intent in intents], dtype=np.float32)
        self._thresholds = np.array([intent.threshold for intent in intents], dtype=np.float64)

    def prediction(self, row: Row, spec: OutputSpec) -> Prediction:
        """Return the most probable label of the model's and the added ones."""
        if not self._names:
            return predict(probabilities(row["logits"], spec), spec)
        return predict(
            self.chances(row["logits"], row["pooled"], spec),
            spec.model_copy(update={"labels": (*spec.labels, *self._names)}),
        )

    def chances(
        self, logits: NDArray[np.float32], pooled: NDArray[np.float32], spec: OutputSpec
    ) -> NDArray[np.float64]:
        """Return the probability of each label of the model, then of each added intent: float64 [..., all].

        `logits` [..., labels] are the model's; `pooled` are unit vectors [..., width].
        """
        nearness = _SLOPE * (pooled @ self._vectors.T - self._thresholds)
        # An added intent takes probability from the foreign part only, not from the known labels.
        room = _ADDED_WEIGHT * np.exp(foreign_log_odds(logits, spec))[..., None]
        both = np.concatenate((probabilities(logits, spec), room * np.exp(nearness)), axis=-1)
        shares: NDArray[np.float64] = both / both.sum(axis=-1, keepdims=True)
        return shares


class IntentsFile:
    """The added intents of a running service; a change of the file takes effect within a second."""

    def __init__(self, path: Path, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock_s = clock_s
        self._checked_s = -_CHECK_EVERY_S
        self._changed_ns: int | None = None
        self._found: AddedIntents | None = None
        self._fitting: dict[ModelBundle, Prototypes] = {}
        """By model version: two versions are asked while one replaces the other."""

    def current(self, bundle: ModelBundle) -> Prototypes:
        """Return the intents of this version of the model; an unusable file changes nothing."""
        now_s = self._clock_s()
        if now_s - self._checked_s >= _CHECK_EVERY_S:
            self._checked_s = now_s
            changed_ns = self._changed_now_ns()
            if changed_ns != self._changed_ns:
                self._changed_ns = changed_ns
                self._read()
        if bundle not in self._fitting:
            self._fitting[bundle] = self._fit(bundle)
        return self._fitting[bundle]

    def _changed_now_ns(self) -> int | None:
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return None

    def _read(self) -> None:
        try:
            self._found = read_intents(self._path)
        except ConfigError as error:
            log.warning("intents_unreadable", error=str(error))
            return
        self._fitting.clear()
        names = [intent.name for intent in self._found.intents] if self._found else []
        log.info("intents_read", names=names)

    def _fit(self, bundle: ModelBundle) -> Prototypes:
        if self._found is None:
            return Prototypes(())
        if not self._found.fits(bundle):
            # Vectors of two versions can't be compared: an old prototype would catch anything.
            log.warning(
                "intents_of_another_model",
                file=str(self._path),
                version=bundle.version,
                cure="tidemill intents refresh",
            )
            return Prototypes(())
        return Prototypes(self._found.intents)
