"""Makes sure that the model being served is the one whose tokenizer and labels we hold."""

import asyncio

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_fixed

from shared.errors import ConfigError, RetryableError
from shared.inference.bundle import ModelBundle
from shared.inference.port import ModelServer, ModelSpec

_ASK_EVERY_S = 0.5


async def wait_for_model(server: ModelServer, bundle: ModelBundle, *, timeout_s: float) -> ModelSpec:
    """Return what the server says about the model once it is ready.

    Raises ConfigError after `timeout_s`, or when the hash in the model's config is not that of our files.
    """
    structlog.get_logger().info("model_awaited", model=bundle.model, version=bundle.version)
    asking = AsyncRetrying(
        retry=retry_if_exception_type(RetryableError),
        wait=wait_fixed(_ASK_EVERY_S),
        stop=stop_after_delay(timeout_s),
        reraise=True,
        sleep=asyncio.sleep,
    )
    try:
        spec: ModelSpec = await asking(server.ready, bundle.model, bundle.version)
    except RetryableError as error:
        raise ConfigError(
            f"Triton has no model {bundle.model} version {bundle.version} after {timeout_s:.0f} s ({error}); "
            "check TIDEMILL__TRITON__ADDRESS and that Triton was started with --load-model="
            f"{bundle.model}"
        ) from error
    _check_hash(spec, bundle)
    return spec


def _check_hash(spec: ModelSpec, bundle: ModelBundle) -> None:
    parameter = f"preprocessing_sha256_v{bundle.version}"
    served = spec.parameters.get(parameter, "nothing")
    if served != bundle.preprocessing_hash:
        raise ConfigError(
            f"{bundle.model} version {bundle.version}: Triton's config says {parameter}={served[:12]}, but "
            f"{bundle.folder} has {bundle.preprocessing_hash[:12]}; point TIDEMILL__MODELS_DIR at the "
            "repository that Triton serves"
        )
