"""`python -m training.studies.peak MODEL.onnx`: peak memory of an inference in a process of its own.

Reads the batches of token ids as JSON from standard input and prints the peak in bytes. Imports the engine
only, so nothing else counts. Needs Linux.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime as ort


def main() -> None:
    """Answer each batch on one thread, then print the peak."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
    for batch in json.load(sys.stdin):
        session.run(None, {"input_ids": np.array(batch, dtype=np.int32)})
    sys.stdout.write(f"{_peak_bytes()}\n")


def _peak_bytes() -> int:
    """Return the peak of this program; `getrusage` would include its parent's from before exec."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    (peak_kib,) = (line.split()[1] for line in lines if line.startswith("VmHWM"))
    return 1024 * int(peak_kib)


if __name__ == "__main__":
    main()
