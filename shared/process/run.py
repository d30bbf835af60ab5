"""Starts a service and ends it with the right exit code; the body of every `__main__.py`."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, TypeVar

import structlog

from shared.errors import ConfigError, RetryableError, TidemillError
from shared.process.exit_code import ExitCode
from shared.process.logs import set_up_logs
from shared.settings import ServiceSettings

S = TypeVar("S", bound=ServiceSettings)

Serve = Callable[[S, asyncio.Event], Awaitable[None]]
"""Runs until the event is set, then ends cleanly. Raises RetryableError only when it can't even start."""

NO_MEMORY = "no memory left: allow this process more, or lower TIDEMILL__LIMITS__MAX_IN_FLIGHT_BYTES"


def main(service: str, settings_type: type[S], serve: Serve[S]) -> NoReturn:
    """Run a service until SIGTERM or Ctrl-C, then exit.

    `ExitCode` says which code means what.
    """
    try:
        settings = settings_type.from_environment()
        set_up_logs(settings.log, service=service)
        _collect_rarely()
        asyncio.run(_run(settings, serve))
    except ConfigError as error:
        _refuse(service, str(error), ExitCode.WRONG_USE)
    except RetryableError as error:
        _refuse(service, f"{error}. Is it running?", ExitCode.FAILED)
    except Exception as error:  # noqa: BLE001 - whatever it is, it goes to the log, and the process ends
        if reason := reason_of(error):
            structlog.get_logger().error("service_gave_up", why=reason)
        else:
            structlog.get_logger().exception("service_failed")
        sys.exit(exit_code_of(error))
    sys.exit(ExitCode.FINE)


def reason_of(error: Exception) -> str:
    """Return the reason why a service gave up, in one line; empty for a bug."""
    if isinstance(error, TidemillError):
        return str(error)
    if _lacks_memory(error):
        return NO_MEMORY
    if not isinstance(error, ExceptionGroup):
        return ""
    # Once each: all that runs at a time runs out of memory together.
    reasons = list(dict.fromkeys(reason_of(each) for each in error.exceptions))
    return "; ".join(reasons) if all(reasons) else ""


def _lacks_memory(error: object) -> bool:
    # zstd has an error of its own for it.
    return isinstance(error, MemoryError) or "not enough memory" in str(error)


def exit_code_of(error: Exception) -> ExitCode:
    """Return WRONG_USE when the set-up was the only fault, as with a right that Kafka denies; else FAILED."""
    if isinstance(error, ExceptionGroup):
        _, others = error.split(ConfigError)
        return ExitCode.FAILED if others else ExitCode.WRONG_USE
    return ExitCode.WRONG_USE if isinstance(error, ConfigError) else ExitCode.FAILED


def _refuse(service: str, why: str, code: ExitCode) -> NoReturn:
    sys.stderr.write(f"{service}: {why}\n")
    sys.exit(code)


def _collect_rarely() -> None:
    """Collect reference cycles rarely: messages leave none, and collecting took an eighth of the CPU time."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


async def _run(settings: S, serve: Serve[S]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_end_without_memory)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    log = structlog.get_logger()
    log.info("service_started")
    await serve(settings, stop)
    log.info("service_stopped")


def _end_without_memory(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Exit when a callback runs out of memory: its work is lost."""
    if _lacks_memory(context.get("exception")):
        structlog.get_logger().error("service_gave_up", why=NO_MEMORY)
        os._exit(ExitCode.FAILED)
    loop.default_exception_handler(context)
