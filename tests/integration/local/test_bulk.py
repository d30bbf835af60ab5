"""Bulk models step back for the others of the same Triton."""

import os
from pathlib import Path

import psutil

from deploy.local.part import BULK_NICE
from deploy.local.stack import KafkaKind, StackPlan, local_stack
from tests.support.parts import Parts


def nice_of(triton: psutil.Process, model: str) -> set[int]:
    """Return how far the processes step back in which Triton runs a model."""
    stubs = [
        child
        for child in triton.children(recursive=True)
        if any(word.endswith(f"/{model}/1/model.onnx") for word in child.cmdline())
    ]
    return {os.getpriority(os.PRIO_PROCESS, thread.id) for stub in stubs for thread in stub.threads()}


async def test_bulk_models_run_behind_live_ones(tmp_path: Path) -> None:
    parts = Parts()
    plan = StackPlan(
        kafka=KafkaKind.NONE,
        redis=False,
        load=("digit", "identity"),
        bulk=("digit",),
        on_event=parts.note,
        runs=tmp_path,
    )

    async with local_stack(plan):
        triton = await parts.process("triton")
        bulk, live = nice_of(triton, "digit"), nice_of(triton, "identity")

    assert live == {os.nice(0)}
    assert min(19, os.nice(0) + BULK_NICE) in bulk
