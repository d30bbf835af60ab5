"""`make ci` runs each test and each fault of a quick chaos, and none twice."""

import re
from collections import Counter
from pathlib import Path

from pydantic import TypeAdapter

from shared.settings import Delivery
from tests.chaos.__main__ import plan_of

ROOT = Path(__file__).parents[2]
DELIVERY: TypeAdapter[Delivery | None] = TypeAdapter(Delivery | None)
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_each_file_of_tests_lies_in_one_part() -> None:
    folders = dict(re.findall(r"^FOLDERS_(\S+) := (.+)$", MAKEFILE, re.MULTILINE))
    parts = set(re.findall(r"\btest-(\w+)", MAKEFILE.partition("PARTS :=")[2].partition("FOLDERS_")[0]))

    found = Counter(path for part in parts for each in folders[part].split() for path in files_in(each))

    assert parts == set(folders)
    assert found == Counter(files_in("tests"))


def test_each_fault_of_a_quick_chaos_runs_in_one_part() -> None:
    commands = re.findall(
        r"tests\.chaos --quick --brokers (\d)(?: --deliver (\S+))?$", MAKEFILE, re.MULTILINE
    )

    found = [
        trial
        for brokers, deliver in commands
        for trial in quick_trials(DELIVERY.validate_python(deliver or None), int(brokers))
    ]

    assert sorted(found) == sorted(quick_trials())


def test_no_unit_test_loads_what_only_training_needs() -> None:
    loads = re.compile(r"^(?:\w+ = )?pytest\.importorskip\(", re.MULTILINE)

    found = [path for path in files_in("tests/unit") if loads.search(path.read_text(encoding="utf-8"))]

    assert found == [], "torch alone takes longer to load than all unit tests: tests/integration/training"


def files_in(folder: str) -> list[Path]:
    """Return the files of tests below a folder of the repository."""
    return list((ROOT / folder).rglob("test_*.py"))


def quick_trials(deliver: Delivery | None = None, brokers: int | None = None) -> list[tuple[str, str]]:
    """Return each way to deliver with each fault that a quick run tries in it."""
    plan = plan_of(is_quick=True, deliver=deliver, brokers=brokers)
    return [(way, fault.code) for way, faults in plan.items() for fault in faults]
