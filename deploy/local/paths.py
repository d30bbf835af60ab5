"""Paths of the embedded stack; everything below STACK can be deleted and made again."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "triton_models"
STACK = ROOT / ".stack"
TRITON = STACK / "triton"
WEB = STACK / "web"
KAFKA_LIBS = STACK / "kafka" / "libs"

RUN_DIR = "TIDEMILL_RUN_DIR"
"""Variable that names the folder of runs. With one underscore, as no service reads it."""


def runs_folder() -> Path:
    """Return the folder that holds the logs of runs and the addresses of the running stack.

    It is the one that TIDEMILL_RUN_DIR names, else `.stack/run`. Stacks with different folders run side by
    side, and the commands find the stack of their own folder.
    """
    named = os.environ.get(RUN_DIR)
    return Path(named).expanduser().absolute() if named else STACK / "run"
