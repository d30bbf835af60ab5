"""The command line of Tidemill."""

import logging
import sys
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Annotated

import typer

from shared.errors import ConfigError, RetryableError, TidemillError
from shared.process.exit_code import ExitCode
from tidemill.commands import dead, env, health, intents, keys, lag, models, play, train, watch
from tidemill.commands import open as open_page
from tidemill.terminal import ERR, OUT

EMBEDDED = ("run", "demo", "evaluate")
"""They start the embedded stack; all others also work in an installation that only serves."""

app = typer.Typer(
    name="tidemill",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _without_stack() -> None:
    """Not installed here: pip install 'tidemill[local]'."""
    raise ConfigError(
        "this command brings a stack of its own, which is not installed: pip install 'tidemill[local]'"
    )


for name in EMBEDDED:
    app.command(name)(
        import_module(f"tidemill.commands.{name}").command if find_spec("confluent_kafka") else _without_stack
    )
for module in (play, watch, lag, health, open_page, env, train):
    app.command(module.__name__.rpartition(".")[2])(module.command)
app.add_typer(dead.app, name="dead")
app.add_typer(models.app, name="models")
app.add_typer(intents.app, name="intents")
app.add_typer(keys.app, name="keys")


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it so
    if wanted:
        OUT.print(f"tidemill {version('tidemill')}")
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Streams in, models in the middle, decisions out."""


def main() -> None:
    """Run the command line: 0 fine, 1 failed, 2 wrong use or set-up, 130 ended by Ctrl-C."""
    logging.getLogger().addHandler(logging.NullHandler())  # what libraries mutter is no output of ours
    try:
        app()
    except ConfigError as error:
        _end(error, code=ExitCode.WRONG_USE)
    except RetryableError as error:
        _end(
            f"{error}. Is it running? Start the embedded one with `make run`, or name yours by settings",
            code=ExitCode.WRONG_USE,
        )
    except TidemillError as error:
        _end(error, code=ExitCode.FAILED)


def _end(why: object, *, code: ExitCode) -> None:
    ERR.print(f"tidemill: {why}", style="red", markup=False, soft_wrap=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
