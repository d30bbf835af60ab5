"""Facts about a user's own rows in the files of a public data set, from `DIR/MODEL.facts.toml`."""

import tomllib
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from shared.errors import ConfigError
from training.jobs.job import Facts


class _OwnFacts(BaseModel):
    """Facts that only the owner of the rows knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: str
    license: str
    test_data: str
    warning: str = ""
    limits: tuple[str, ...] = ()


def facts_of(root: Path, model: str, facts: Facts) -> Facts:
    """Return `facts`, with data-dependent fields replaced by the owner's.

    Raises ConfigError when the file in `root` can't be used.
    """
    path = root / f"{model}.facts.toml"
    if not path.is_file():
        return facts
    try:
        own = _OwnFacts.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        why = " ".join(str(error).split())
        raise ConfigError(
            f"{path}: {why}; it needs data, license and test_data, and may have warning and limits"
        ) from error
    return replace(
        facts,
        data=own.data,
        license=own.license,
        test_data=dict.fromkeys(facts.test_data, own.test_data),
        warning=own.warning,
        limits=own.limits,
        rival="",
    )
