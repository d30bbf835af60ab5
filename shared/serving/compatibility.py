"""Check that the served model belongs to the tokenizer and labels of this process."""

from shared.errors import ConfigError
from shared.inference.port import ModelSpec
from shared.repository.bundle import ImageModelSpec, ModelBundle
from shared.repository.config import hash_parameter


def check_fits(served: ModelSpec, bundle: ModelBundle) -> None:
    """Return when the served model fits the files of the bundle.

    Raises ConfigError when the preprocessing hash in Triton's config is another one, when an output has
    another number of labels, or when an image has another size.
    """
    _check_hash(served, bundle)
    for name, output in bundle.outputs.items():
        width = width_of(name, served)
        if width != len(output.labels):
            raise ConfigError(
                f"{bundle.folder} names {len(output.labels)} labels for {name}, Triton's config says {width}"
            )
    if isinstance(bundle.spec, ImageModelSpec):
        sizes = {tensor.dims for tensor in served.inputs.values()}
        if bundle.spec.image.shape not in sizes:
            raise ConfigError(
                f"{bundle.folder} makes {bundle.spec.image.shape}, Triton's config says {sizes}"
            )


def width_of(output: str, served: ModelSpec) -> int:
    """Return the size of an output's last axis. Raises ConfigError when the model lacks the output."""
    if output not in served.outputs:
        raise ConfigError(f"{served.model} has no output {output!r}; run `make train MODEL={served.model}`")
    return served.outputs[output].dims[-1]


def _check_hash(served: ModelSpec, bundle: ModelBundle) -> None:
    parameter = hash_parameter(bundle.version)
    said = served.parameters.get(parameter, "nothing")
    if said != bundle.preprocessing_hash:
        raise ConfigError(
            f"{bundle.model} version {bundle.version}: Triton's config says {parameter}={said[:12]}, but "
            f"{bundle.folder} has {bundle.preprocessing_hash[:12]}; point TIDEMILL__MODELS_DIR at the "
            "repository that Triton serves"
        )
