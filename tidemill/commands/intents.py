"""`tidemill intents`: adds intents by a few sentences, without training; lists, removes, refreshes."""

import json
from pathlib import Path
from typing import Annotated

import typer

from shared.errors import ConfigError
from shared.inference.prototypes import AddedIntent, AddedIntents, added_intent, read_intents, write_intents
from shared.inference.text import canonical_text
from shared.repository.bundle import ModelBundle
from tidemill.answers import output_of
from tidemill.cards import find_model
from tidemill.connect import Connection
from tidemill.terminal import OUT, clean

MODEL = "support_intent"
FEWEST, MOST = 5, 100

app = typer.Typer(
    no_args_is_help=True, help="Add an intent by a few sentences, without training; list, remove."
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The label that messages will get.")]


@app.command("add")
def add_command(
    name: Name,
    examples: Annotated[
        Path, typer.Option(metavar="FILE", help="Sentences, one a line; 5 to 10 are enough.")
    ],
) -> None:
    """Teach an intent by its sentences; the running service uses it within a second.

    \b
    tidemill intents add dispute_fee --examples fee_sentences.txt
    TIDEMILL__INTENTS_FILE=/srv/tidemill/intents.json tidemill intents add dispute_fee --examples fee.txt
    """  # noqa: D301 - \b is click's mark for lines to keep
    connection = Connection.from_environment()
    bundle = find_model(MODEL, connection.models_dir)
    if name in bundle.outputs["logits"].labels:
        raise ConfigError(f"{name} is a label of {MODEL} already; choose another name")
    intents = _intents_of(connection, bundle)
    intent = _made(name, sentences_of(examples), bundle, connection)
    write_intents(connection.intents_file, intents.with_intent(intent))
    OUT.print(
        f"{name}: added by {len(intent.sentences)} sentences to {connection.intents_file}. Its messages go "
        "to people until the support bot's table of answers has it too (TIDEMILL__REPLIES_FILE)",
        soft_wrap=True,
    )


@app.command("list")
def list_command(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line an intent.")] = False,
) -> None:
    """List the intents that were added.

    \b
    tidemill intents list
    tidemill intents list --json
    """  # noqa: D301 - \b is click's mark for lines to keep
    found = read_intents(Connection.from_environment().intents_file)
    for intent in found.intents if found else ():
        if as_json:
            OUT.out(json.dumps(intent.model_dump(mode="json", exclude={"vector"})))
        else:
            OUT.print(
                f"{intent.name}: {len(intent.sentences)} sentences, such as: {clean(intent.sentences[0])}",
                markup=False,
            )


@app.command("remove")
def remove_command(name: Name) -> None:
    """Take an added intent away; the running service forgets it within a second.

    \b
    tidemill intents remove dispute_fee
    """  # noqa: D301 - \b is click's mark for lines to keep
    path = Connection.from_environment().intents_file
    found = read_intents(path)
    names = [intent.name for intent in found.intents] if found else []
    if found is None or name not in names:
        raise ConfigError(f"no intent {name} was added; there are {', '.join(names) or 'none'}")
    write_intents(path, found.without(name))
    OUT.print(f"{name}: removed")


@app.command("refresh")
def refresh_command() -> None:
    """Make all added intents anew from their sentences, for the newest version of the model.

    \b
    tidemill intents refresh
    """  # noqa: D301 - \b is click's mark for lines to keep
    connection = Connection.from_environment()
    bundle = find_model(MODEL, connection.models_dir)
    found = read_intents(connection.intents_file)
    if found is None:
        raise ConfigError(f"{connection.intents_file} does not exist: no intent was added")
    made = tuple(_made(each.name, each.sentences, bundle, connection) for each in found.intents)
    write_intents(connection.intents_file, AddedIntents.none_for(bundle).model_copy(update={"intents": made}))
    OUT.print(f"{len(made)} intents made anew for {MODEL} {bundle.version}")


def sentences_of(path: Path) -> tuple[str, ...]:
    """Return the different sentences of a file, one a line.

    Raises ConfigError when it can't be read, or holds too few or too many.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8; convert it first: iconv -f latin1 -t utf-8") from None
    sentences = tuple(dict.fromkeys(text for line in lines if (text := canonical_text(line))))
    if not FEWEST <= len(sentences) <= MOST:
        raise ConfigError(f"{path} holds {len(sentences)} different sentences; give {FEWEST} to {MOST}")
    return sentences


def _intents_of(connection: Connection, bundle: ModelBundle) -> AddedIntents:
    found = read_intents(connection.intents_file) or AddedIntents.none_for(bundle)
    if not found.fits(bundle):
        raise ConfigError(
            f"{connection.intents_file} was made for {found.model} {found.model_version} "
            f"({found.preprocessing_hash[:12]}), not for {bundle.model} {bundle.version} "
            f"({bundle.preprocessing_hash[:12]}); make it anew: tidemill intents refresh"
        )
    return found


def _made(name: str, sentences: tuple[str, ...], bundle: ModelBundle, connection: Connection) -> AddedIntent:
    vectors = output_of(bundle, "pooled", sentences, connection.triton.address)
    return added_intent(name, sentences, vectors)
