"""MiniLM on customer-support requests; an example of a classifier that is a recipe and nothing else."""

from training.recipes import Recipe, Table

RECIPE = Recipe(
    epochs=3,
    batch_size=32,
    learning_rate=1.5e-4,
    head_learning_rate=1e-3,
    label_smoothing=0.1,
)
TABLE = Table(
    train="bitext/support_6480_one_answer_per_intent.csv.gz",
    text="instruction",
    label="intent",
    task="Tells which of 27 intents a request to a shop's support has.",
    license="CDLA-Sharing 1.0, credit to Bitext",
    limits=(
        "Made from templates: test rows differ from training rows by a word or a number, real ones by more.",
    ),
)
