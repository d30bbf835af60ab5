"""Jobs of classifiers that need a recipe only: a table of texts and labels."""

from collections.abc import Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import numpy as np
from sklearn.model_selection import train_test_split

from evaluation.datasets import csv_rows
from evaluation.texts import (
    Pairs,
    TextRows,
    TextSet,
    distinct,
    listed,
    refuse_rare_labels,
    text_rows,
    without_repeats,
)
from shared.errors import ConfigError
from shared.repository.bundle import OutputSpec, TextSpec
from training import recipes
from training.jobs.bert import EXAMPLE, GPU, bert_limits, cut_name, pretrained_encoder, text_config
from training.jobs.job import Facts, Job, Maker, Storage
from training.networks.nets import BertClassifier
from training.recipes import Recipe, Table
from training.rows.examples import text_examples

_SPLIT_SEED = 7
"""Fixed, so that the test rows do not depend on the seed of a training."""

_ONCE = " (a text that is there twice counts once, with its first label)"


def table_recipes() -> dict[str, tuple[Recipe, Maker]]:
    """Return the recipe and the job maker of each recipe that names a table."""
    modules = [import_module(f"{recipes.__name__}.{found.name}") for found in iter_modules(recipes.__path__)]
    named = {module.__name__.rpartition(".")[2]: module for module in modules if hasattr(module, "TABLE")}
    return {name: (module.RECIPE, partial(table_job, name, module.TABLE)) for name, module in named.items()}


def table_job(model: str, table: Table, root: Path, recipe: Recipe, encoder: str | None) -> Job:
    """Return the job of a classifier of the labels of a table.

    Raises ConfigError when a file can't be read or lacks a column, or its labels can't be learned.
    """
    rows = read_table(table, root)
    body, tokenizer = pretrained_encoder(encoder, rows.train.texts)
    if table.max_tokens > body.config.max_position_embeddings:
        raise ConfigError(
            f"{model}: the encoder has {body.config.max_position_embeddings} places; lower max_tokens"
        )
    examples = text_examples(tokenizer, table.max_tokens, {"logits": rows.train})
    train, valid = examples.split(recipe.valid_share, recipe.seed)
    widths = {"logits": len(rows.label_names)}
    return Job(
        config=text_config(model, widths),
        gpu=GPU,
        net=BertClassifier(body, widths, dropout=recipe.dropout, pooled=False),
        recipe=recipe,
        train=train,
        valid=valid,
        test=text_examples(tokenizer, table.max_tokens, {"logits": rows.test}),
        spec=TextSpec(max_tokens=table.max_tokens, outputs={"logits": OutputSpec(labels=rows.label_names)}),
        tokenizer=tokenizer,
        example=EXAMPLE,
        storage=Storage.INT8,
        facts=_facts(table, rows, cut_name(encoder)),
    )


def read_table(table: Table, root: Path) -> TextSet:
    """Return the rows of a table, no text twice; without a test file a share of each label is held out.

    Raises the ConfigErrors of `table_job`.
    """
    path = root / table.train
    found = csv_rows(path, table.text, table.label)
    names = _label_names(found, table, path)
    train = distinct(text_rows(names, found, path))
    refuse_rare_labels(names, train, path, counted=_ONCE)
    if table.test is not None:
        return TextSet(names, train, _own_test_rows(names, table, root / table.test, train=train))
    train, test = _held_out(names, train, table, path)
    refuse_rare_labels(names, train, path)
    return TextSet(names, train, test)


def _label_names(rows: Pairs, table: Table, path: Path) -> tuple[str, ...]:
    """Return the labels in the order of their columns: those that the recipe names, then the others."""
    names = tuple(dict.fromkeys((*table.labels, *sorted({label for _, label in rows}))))
    if len(names) < 2:
        raise ConfigError(
            f"{path}: the column {table.label} holds {listed(names) or 'nothing'}, and a classifier needs "
            "two labels; add rows of another one"
        )
    return names


def _own_test_rows(names: Sequence[str], table: Table, path: Path, *, train: TextRows) -> TextRows:
    test = text_rows(names, csv_rows(path, table.text, table.label), path)
    fresh = without_repeats(distinct(test), of=train)
    if not fresh.texts:
        raise ConfigError(
            f"{path}: no row has a text that {table.train} lacks; add rows that nothing trains with"
        )
    return fresh


def _held_out(names: Sequence[str], rows: TextRows, table: Table, path: Path) -> tuple[TextRows, TextRows]:
    # By name: the rows that test must not depend on the order of the columns.
    labels = [names[label] for label in rows.labels]
    try:
        train, test = train_test_split(
            np.arange(len(labels)), test_size=table.test_share, stratify=labels, random_state=_SPLIT_SEED
        )
    except ValueError as error:
        raise ConfigError(
            f"{path}: {len(labels)} rows are too few to hold out {table.test_share:.0%} of each label; "
            "add rows, raise `test_share`, or name a test file in the recipe"
        ) from error
    return rows.take(train), rows.take(test)


def _facts(table: Table, rows: TextSet, encoder_name: str) -> Facts:
    held_out = f"{table.train}, {table.test_share:.0%} of each label held out"
    return Facts(
        task=table.task,
        architecture=f"{encoder_name}, one linear head",
        data=f"{table.train}, {len(rows.train.texts):,} texts in {len(rows.label_names)} labels",
        license=table.license,
        test_data={"logits": f"{table.test or held_out}, each text once, none of them a training one"},
        limits=(
            *table.limits,
            "Any text gets one of the labels. Mind the confidence.",
            *bert_limits(table.max_tokens),
        ),
    )
