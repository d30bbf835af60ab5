"""Cards of models: the part that pages show."""

from pydantic import BaseModel, ConfigDict


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())


class Metric(_Part):
    """One figure of a model."""

    metric: str
    value: float
    """In percent."""

    n: int
    data: str = ""


class Bin(_Part):
    """Answers of about equal confidence, and the share of them that was right."""

    confidence: float
    accuracy: float
    n: int


class Weak(_Part):
    """A label on which a model fails more often than on others."""

    label: str
    f1: float
    n: int


class Confused(_Part):
    """A frequent mistake."""

    right: str
    said: str
    count: int
    n: int


class Report(_Part):
    """Figures of one output of a model."""

    output: str
    bins: tuple[Bin, ...] = ()
    weakest: tuple[Weak, ...] = ()
    confused: tuple[Confused, ...] = ()


class Card(_Part):
    """Card of one version of a model."""

    model: str
    version: str
    task: str = ""
    architecture: str = ""
    data: str = ""
    license: str = ""
    warning: str = ""
    limits: tuple[str, ...] = ()
    parameters: int = 0
    size_bytes: int = 0
    metrics: tuple[Metric, ...] = ()
    reports: tuple[Report, ...] = ()
