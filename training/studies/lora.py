"""LoRA: small trained matrices beside the large ones of a frozen encoder."""

from dataclasses import replace

from peft import LoraConfig, PeftModel, get_peft_model

from training.networks.nets import Net
from training.recipes import Recipe

_RANK = 4
ALPHA = 2 * _RANK
"""Weight of the adapters times their rank."""

_TARGETS = ("query", "key", "value", "dense")
_LEARNING_RATE = 2e-3
_HEAD_LEARNING_RATE = 3e-3


def with_adapters(net: Net) -> Net:
    """Return `net` with a frozen encoder and trainable adapters beside each linear layer.

    Their initial weights use torch's random numbers: set the seed before. Hu et al. 2021, "LoRA: Low-Rank
    Adaptation of Large Language Models".
    """
    config = LoraConfig(r=_RANK, lora_alpha=ALPHA, target_modules=list(_TARGETS), lora_dropout=0.0)
    net.body = get_peft_model(net.body, config)
    return net


def merged(net: Net) -> Net:
    """Return `net` with its adapters added to the encoder's weights; size and speed are the encoder's own."""
    if isinstance(net.body, PeftModel):
        net.body = net.body.merge_and_unload()
    return net


def adapter_recipe(recipe: Recipe) -> Recipe:
    """Return the recipe with higher learning rates, as adapters start from zero."""
    return replace(recipe, learning_rate=_LEARNING_RATE, head_learning_rate=_HEAD_LEARNING_RATE)
