"""Fine-tuning methods that train the encoder: all of it, or adapters beside it."""

from copy import deepcopy
from dataclasses import replace
from functools import partial

import torch

from training.fitting.train import fit
from training.fitting.validate import accuracy_of
from training.jobs.job import Job
from training.studies.fine_tuning_page import Method, MethodResult
from training.studies.kept import FULL, Kept, mark_of
from training.studies.lora import ALPHA, adapter_recipe, merged, with_adapters


def full(job: Job, kept: Kept) -> MethodResult:
    """Return the result of the recipe itself."""
    return _trained(
        replace(job, net=deepcopy(job.net)),
        kept,
        method=Method(
            FULL,
            how="all weights are trained except the word vectors",
            good_for="thousands of labelled rows, and the highest accuracy",
        ),
    )


def lora(job: Job, kept: Kept) -> MethodResult:
    """Return the result of adapters."""
    torch.manual_seed(job.recipe.seed)
    adapted = replace(job, net=with_adapters(deepcopy(job.net)), recipe=adapter_recipe(job.recipe))
    return _trained(
        adapted,
        kept,
        by=mark_of(adapted, ALPHA),
        method=Method(
            "LoRA",
            how="trained small matrices beside every linear layer, merged before the test as for serving",
            good_for="many models of one encoder: each is a file of less than 1 MB until it is merged",
        ),
    )


def _trained(job: Job, kept: Kept, *, method: Method, by: str | None = None) -> MethodResult:
    net = job.net
    learning = sum(weight.numel() for weight in net.parameters() if weight.requires_grad)
    steps = partial(fit, net, job.train, job.recipe, augment=job.augment)
    trained_s = kept.train(method.name, net, steps, by=by)
    net = merged(net)
    return MethodResult(
        method=method,
        labelled_rows=len(job.train),
        trained_count=learning,
        share=learning / sum(weight.numel() for weight in net.parameters()),
        trained_s=trained_s,
        held_back=accuracy_of(net, job.valid),
        accuracy=accuracy_of(net, job.test),
    )
