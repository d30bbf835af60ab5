"""The model repository as the embedded Triton serves it: the same models with plain dynamic batching.

With a queue policy, a preferred size or a delay, the batcher of Triton 2.51 loses wake-ups in front of
Python backends and lets requests lie for its idle time of 500 ms: the identity model with four callers
then answered 757 requests in 3 s, against 5154 with `dynamic_batching { }`. The price of the plain form is
a queue without bound, so the embedded Triton relies on its clients' bounds on what is in flight.
"""

import re
import shutil
from collections.abc import Collection, Iterable
from pathlib import Path

from deploy.local.part import BULK_NICE

BATCHING = re.compile(r"\bdynamic_batching\s*(?={)")

STEP_BACK = f'parameters {{ key: "nice" value {{ string_value: "{BULK_NICE}" }} }}\n'


def lay_out(models: Path, names: Iterable[str], served: Path, *, bulk: Collection[str] = ()) -> None:
    """Make `served` a repository with a config of its own per model and links to everything else.

    The processes of the models in `bulk` step back for the others.
    """
    shutil.rmtree(served, ignore_errors=True)
    for name in names:
        source, target = models / name, served / name
        target.mkdir(parents=True)
        for entry in source.iterdir():
            if entry.name != "config.pbtxt":
                (target / entry.name).symlink_to(entry.resolve())
        config = with_plain_batching((source / "config.pbtxt").read_text())
        (target / "config.pbtxt").write_text(config + STEP_BACK if name in bulk else config)


def with_plain_batching(config: str) -> str:
    """Return a model's config in which the dynamic batcher has no settings."""
    found = BATCHING.search(config)
    if not found:
        return config
    return f"{config[: found.end()]}{{ }}{config[closing(config, found.end()) :]}"


def closing(text: str, start: int) -> int:
    """Return the index behind the brace that closes the one at `start`."""
    depth = 0
    for index in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return index + 1
    return len(text)
