"""Ways that teach the encoder itself: all of it, or adapters beside it."""

import time
from copy import deepcopy

from training.job import Job
from training.nets import Net
from training.recipes import Recipe
from training.studies.lora import adapter_recipe, merged, with_adapters
from training.studies.start import carried_out
from training.studies.way import About, Way
from training.train import fit
from training.validate import accuracy_of


def full(job: Job) -> Way:
    """Return what the recipe itself reaches."""
    return _trained(
        job,
        deepcopy(job.net),
        job.recipe,
        about=About(
            "full",
            how="the whole encoder learns but for its word vectors",
            good_for="thousands of labelled rows, and the last points of accuracy",
        ),
    )


def lora(job: Job) -> Way:
    """Return what adapters reach."""
    return _trained(
        job,
        with_adapters(deepcopy(job.net)),
        adapter_recipe(job.recipe),
        about=About(
            "LoRA",
            how="small matrices beside every linear layer learn, merged before the test as for serving",
            good_for="many models of one encoder: each is a file of under a megabyte until it is merged",
        ),
    )


def _trained(job: Job, net: Net, recipe: Recipe, *, about: About) -> Way:
    started_s = time.monotonic()
    learning = sum(weight.numel() for weight in net.parameters() if weight.requires_grad)
    carried_out(about.name, fit(net, job.train, recipe, augment=job.augment))
    trained_s = time.monotonic() - started_s
    net = merged(net)
    return Way(
        about=about,
        labelled_rows=len(job.train),
        trained_count=learning,
        share=learning / sum(weight.numel() for weight in net.parameters()),
        trained_s=round(trained_s, 1),
        held_back=accuracy_of(net, job.valid),
        accuracy=accuracy_of(net, job.test),
    )
