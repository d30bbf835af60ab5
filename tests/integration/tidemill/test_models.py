"""`tidemill models` in a process of its own: on a narrow terminal, and in an installation without torch."""

import json
import os
import subprocess
import sys
from pathlib import Path

from deploy.local.paths import ROOT
from deploy.local.ports import LOOPBACK, free_port
from shared.repository.versions import version_folders

WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None  # an import of it fails, as where it is not installed
from tidemill.__main__ import main
main()
"""


def without_torch(*arguments: str, width: int = 80) -> subprocess.CompletedProcess[str]:
    """Run a command to its end where torch can't be imported and no Triton runs."""
    environment = {
        **os.environ,
        "COLUMNS": str(width),
        "TIDEMILL__TRITON__ADDRESS": f"{LOOPBACK}:{free_port()}",
    }
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_list_of_models_wraps_at_80_columns_and_cuts_nothing() -> None:
    listed = without_torch("models", "list", width=80)

    words = listed.stdout.split()
    figures = [
        metric["metric"]
        for folder in version_folders(ROOT / "triton_models")
        for metric in json.loads((folder / "card.json").read_text(encoding="utf-8"))["metrics"]
    ]
    assert max(map(len, listed.stdout.splitlines())) <= 80
    assert "\N{HORIZONTAL ELLIPSIS}" not in listed.stdout
    assert words[:7] == ["model", "v", "MB", "figure", "value", "of", "served"]
    assert words.count("no") == len(version_folders(ROOT / "triton_models"))
    assert sum(words.count(last) for last in {figure.split()[-1] for figure in figures}) == len(figures)


def test_models_are_compared_by_their_files_without_torch_and_without_triton(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("text\nWhere is my card?\n", encoding="utf-8")

    compared = without_torch("models", "compare", "support_intent", "support_intent", "--data", str(rows))

    assert (compared.returncode, compared.stderr) == (0, "")
    assert compared.stdout == "1 texts: 100.00 % alike, 0 differ\n"
