"""Versions of one text model, in a folder and at a server, brought and taken away as a test wants."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from shared.errors import RetryableError
from shared.inference.memory import MemoryRunner
from shared.inference.port import Arrays, ModelSpec, TensorSpec
from shared.repository.bundle import preprocessing_hash
from shared.repository.config import hash_parameter

MODEL = "review_sentiment"


class Shelf(MemoryRunner):
    """A model server in memory whose model answers each row with its version as the first logit."""

    def __init__(self, repository: Path) -> None:
        super().__init__({})
        self.repository = repository
        self.loaded: dict[str, ModelSpec] = {}
        self.ill: dict[str, Exception] = {}
        """Error that a version gives the canary in place of an answer."""

        self.was_asked = asyncio.Event()
        """Whether someone wanted to know if a version is ready."""

    def write(self, version: str) -> None:
        """Put the folder of a version into the repository."""
        folder = self.repository / MODEL / version
        folder.mkdir(parents=True)
        content = {
            "kind": "text",
            "max_tokens": 9,
            "outputs": {"logits": {"labels": ["negative", "positive"]}},
        }
        (folder / "preprocessing.json").write_text(json.dumps({**content, "max_tokens": 8 + int(version)}))
        Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]")).save(str(folder / "tokenizer.json"))

    def remove(self, version: str) -> None:
        """Take the folder of a version away."""
        shutil.rmtree(self.repository / MODEL / version)

    def load(self, version: str, **changes: Any) -> None:
        """Have the server serve a version, with a config that fits its folder but for `changes`."""
        fitting = {
            "inputs": {"input_ids": TensorSpec(np.dtype(np.int32), (-1,))},
            "outputs": {"logits": TensorSpec(np.dtype(np.float32), (2,))},
            "parameters": {hash_parameter(version): preprocessing_hash(self.repository / MODEL / version)},
        }
        self.loaded[version] = ModelSpec(
            model=MODEL, version=version, max_batch_size=64, **{**fitting, **changes}
        )

    def unload(self, version: str) -> None:
        """Have the server serve a version no more."""
        del self.loaded[version]

    async def ready(self, model: str, version: str) -> ModelSpec:
        """Return the spec that the version was loaded with."""
        self.was_asked.set()
        self._model(model, version)
        return self.loaded[version]

    async def canary(self, model: str, version: str) -> None:
        """Return when the version is loaded and well."""
        self._model(model, version)
        if version in self.ill:
            raise self.ill[version]

    def _model(self, model: str, version: str) -> Any:
        if model != MODEL or version not in self.loaded:
            raise RetryableError(f"model {model} version {version} is not ready")
        return lambda inputs: _answer(inputs, version)


def _answer(inputs: Arrays, version: str) -> Arrays:
    return {"logits": np.array([[float(version), 0.0]] * len(inputs["input_ids"]), dtype=np.float32)}
