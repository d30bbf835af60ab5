"""Console of the training commands: progress on standard error, failures as one line with an exit code."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from transformers.utils import logging as transformers_log

from shared.errors import ConfigError, IntegrityError
from shared.process.exit_code import ExitCode

console = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def plain_endings(interrupted: Callable[[], str] = lambda: "interrupted") -> Iterator[None]:
    """End the command with one line on failure, and an exit code by the reason.

    1 is a model that is not fit to be served, 2 a wrong set-up or a full disk, 130 Ctrl-C. `interrupted`
    returns the line for Ctrl-C: how to resume.
    """
    _silence_libraries()
    try:
        yield
    except ConfigError as error:
        _end(str(error), code=ExitCode.WRONG_USE)
    except IntegrityError as error:
        _end(str(error), code=ExitCode.FAILED)
    except OSError as error:
        _end(f"{error}; make room, or write elsewhere: --out DIR", code=ExitCode.WRONG_USE)
    except KeyboardInterrupt:
        _end(interrupted(), code=ExitCode.INTERRUPTED)


def _silence_libraries() -> None:
    """Suppress the log lines of libraries; they would hide the one line of the failure."""
    logging.getLogger().addHandler(logging.NullHandler())
    transformers_log.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_log.disable_progress_bar()  # type: ignore[no-untyped-call]


def _end(why: str, *, code: ExitCode) -> None:
    console.print(why, style="red", markup=False)
    raise typer.Exit(code) from None
