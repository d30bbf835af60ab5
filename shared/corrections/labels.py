"""Labels that a correction may name: those of the model, and of intents that were added to it."""

from dataclasses import dataclass
from pathlib import Path

from shared.errors import ConfigError
from shared.events.corrections import OUT_OF_SCOPE
from shared.inference.prototypes import read_intents
from shared.repository.bundle import load_bundle
from shared.repository.versions import versions_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Labels of the models of a repository."""

    repository: Path
    intents_file: Path

    def of(self, model: str, version: str, output: str) -> frozenset[str]:
        """Return the labels of an output, of this version of the model and of the newest one.

        Added intents and `out_of_scope` are among them. Reads files.
        """
        versions = {version, *versions_in(self.repository, model)[:1]}
        found = {OUT_OF_SCOPE}
        for each in versions:
            found |= self._labels(model, each, output)
        return frozenset(found | self._added(model))

    def _labels(self, model: str, version: str, output: str) -> frozenset[str]:
        try:
            spec = load_bundle(self.repository, model, version).outputs.get(output)
        except ConfigError:  # a version that is gone
            return frozenset()
        return frozenset(spec.labels) if spec else frozenset()

    def _added(self, model: str) -> frozenset[str]:
        try:
            found = read_intents(self.intents_file)
        except ConfigError:
            found = None
        if found is None or found.model != model:
            return frozenset()
        return frozenset(each.name for each in found.intents)
