"""How Triton's models behave: as they should, or as a faulty version would."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from deploy.local.triton_setup import BACKEND, TritonInstall

_MOODY = Path(__file__).with_name("moody_backend")


class Mood(StrEnum):
    """Kind of answers that a model gives."""

    FAIR = "fair"
    EMPTY = "empty"
    """Tensors without any number."""

    NAN = "nan"
    SHORT = "short"
    """A number too few in each row."""

    WIDE = "wide"
    """Each row twice."""

    WRONG_TYPE = "wrong type"
    SLOW = "slow"
    """Seconds late."""


SPOILT = tuple(mood for mood in Mood if mood not in {Mood.FAIR, Mood.SLOW})


@dataclass(frozen=True, slots=True)
class MoodyInstall(TritonInstall):
    """The embedded Triton with a backend that follows a mood, in `moody_folder`."""

    moody_folder: Path = Path()

    @property
    def backends(self) -> Path:
        """The folder that Triton looks for backends in."""
        return self.moody_folder / "backends"

    @property
    def mood_file(self) -> Path:
        """Where the backend reads its mood."""
        return self.backends / "onnxruntime" / "mood"

    def become(self, mood: Mood) -> None:
        """Answer in this mood from now on."""
        # Never seen half-written: the backend reads it at each answer.
        aside = self.mood_file.with_suffix(".new")
        aside.write_text(mood, encoding="utf-8")
        aside.replace(self.mood_file)


def moody(install: TritonInstall, folder: Path) -> MoodyInstall:
    """Return the installed Triton with our backend in place of its own, made in `folder`."""
    made = MoodyInstall(install.folder, folder)
    backend = made.backends / "onnxruntime"
    backend.mkdir(parents=True)
    (made.backends / "python").symlink_to(install.backends / "python")
    (backend / "model.py").symlink_to(_MOODY / "model.py")
    (backend / "real.py").symlink_to(BACKEND / "model.py")
    made.become(Mood.FAIR)
    return made
