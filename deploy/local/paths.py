"""Where the embedded stack lies on disk; everything below STACK can be deleted and made again."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "triton_models"
STACK = ROOT / ".stack"
TRITON = STACK / "triton"
KAFKA_LIBS = STACK / "kafka" / "libs"
RUNS = STACK / "run"
