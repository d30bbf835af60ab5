"""Model repository of the embedded Triton: the same models with plain dynamic batching.

With a queue policy, a preferred size or a delay, the batcher of Triton 2.51 loses wake-ups in front of Python
backends, and requests wait for its idle time of 500 ms. The identity model with four callers then answered
757 requests in 3 s, against 5154 with `dynamic_batching { }`. Plain batching has a queue without bound, so
the embedded Triton relies on its clients' bounds on what is in flight.
"""

import shutil
from collections.abc import Collection, Iterable
from pathlib import Path

from deploy.local.part import BULK_NICE
from shared.repository.config import CONFIG_FILE, read_config, use_plain_batching, write_config


def lay_out(models: Path, names: Iterable[str], served: Path, *, bulk: Collection[str] = ()) -> None:
    """Make `served` a repository with its own config for each model and links to everything else.

    The processes of the models in `bulk` run at a lower priority than the others.
    """
    shutil.rmtree(served, ignore_errors=True)
    for name in names:
        source, target = models / name, served / name
        target.mkdir(parents=True)
        for entry in source.iterdir():
            if entry.name != CONFIG_FILE:
                (target / entry.name).symlink_to(entry.resolve())
        config = read_config(source / CONFIG_FILE)
        use_plain_batching(config)
        if name in bulk:
            config.parameters["nice"].string_value = str(BULK_NICE)
        write_config(config, target / CONFIG_FILE)
