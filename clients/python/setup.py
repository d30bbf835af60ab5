"""Build of the wheel: the classes of `shared/events` become modules of the package."""

import re
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SHARED = Path(__file__).resolve().parents[2] / "shared"
IMPORT = re.compile(r"^(from|import) shared\b", re.MULTILINE)


class BuildWithEvents(build_py):
    """Adds the modules, and gives every import of `shared` the name of the package."""

    def run(self) -> None:
        """Build. Raises FileNotFoundError outside of a checkout of Tidemill, which has the classes."""
        package = Path(self.build_lib) / "tidemill_events"
        shutil.rmtree(package, ignore_errors=True)  # a module of an earlier build
        super().run()
        for source in [*(SHARED / "events").glob("*.py"), SHARED / "errors.py", SHARED / "reasons.py"]:
            target = package / source.relative_to(SHARED)
            target.parent.mkdir(exist_ok=True)
            target.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
        for module in package.rglob("*.py"):
            text = module.read_text(encoding="utf-8")
            module.write_text(IMPORT.sub(r"\1 tidemill_events", text), encoding="utf-8")


setup(cmdclass={"build_py": BuildWithEvents})
