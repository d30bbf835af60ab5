"""Ways that teach the encoder itself: all of it, or adapters beside it."""

from copy import deepcopy

from training.job import Job
from training.nets import Net
from training.recipes import Recipe
from training.studies.kept import FULL, Kept
from training.studies.lora import adapter_recipe, merged, with_adapters
from training.studies.way import About, Way
from training.train import fit
from training.validate import accuracy_of


def full(job: Job, kept: Kept) -> Way:
    """Return what the recipe itself reaches."""
    return _trained(
        job,
        kept,
        deepcopy(job.net),
        job.recipe,
        about=About(
            FULL,
            how="the whole encoder learns but for its word vectors",
            good_for="thousands of labelled rows, and the last points of accuracy",
        ),
    )


def lora(job: Job, kept: Kept) -> Way:
    """Return what adapters reach."""
    return _trained(
        job,
        kept,
        with_adapters(deepcopy(job.net)),
        adapter_recipe(job.recipe),
        about=About(
            "LoRA",
            how="small matrices beside every linear layer learn, merged before the test as for serving",
            good_for="many models of one encoder: each is a file of under a megabyte until it is merged",
        ),
    )


def _trained(job: Job, kept: Kept, net: Net, recipe: Recipe, *, about: About) -> Way:
    learning = sum(weight.numel() for weight in net.parameters() if weight.requires_grad)
    trained_s = kept.train(about.name, net, lambda: fit(net, job.train, recipe, augment=job.augment))
    net = merged(net)
    return Way(
        about=about,
        labelled_rows=len(job.train),
        trained_count=learning,
        share=learning / sum(weight.numel() for weight in net.parameters()),
        trained_s=trained_s,
        held_back=accuracy_of(net, job.valid),
        accuracy=accuracy_of(net, job.test),
    )
