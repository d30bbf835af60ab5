"""LoRA: the encoder stays as it is, and small matrices beside its large ones learn."""

from dataclasses import replace

from peft import LoraConfig, PeftModel, get_peft_model

from training.networks.nets import Net
from training.recipes import Recipe

_RANK = 4
ALPHA = 2 * _RANK
"""What the adapters weigh, over their rank."""

_TARGETS = ("query", "key", "value", "dense")
_LEARNING_RATE = 2e-3
_HEAD_LEARNING_RATE = 3e-3


def with_adapters(net: Net) -> Net:
    """Return `net`, its encoder frozen and with adapters that learn beside each linear layer.

    Draws their first weights from torch's random numbers: seed these before.

    Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models".
    """
    config = LoraConfig(r=_RANK, lora_alpha=ALPHA, target_modules=list(_TARGETS), lora_dropout=0.0)
    net.body = get_peft_model(net.body, config)
    return net


def merged(net: Net) -> Net:
    """Return `net` with its adapters added into the encoder: as large and as fast as one without them."""
    if isinstance(net.body, PeftModel):
        net.body = net.body.merge_and_unload()
    return net


def adapter_recipe(recipe: Recipe) -> Recipe:
    """Return the recipe with rates for adapters, which start from nothing: higher ones."""
    return replace(recipe, learning_rate=_LEARNING_RATE, head_learning_rate=_HEAD_LEARNING_RATE)
