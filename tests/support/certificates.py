"""Certificates that are made for one test run and lie nowhere else."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

_NAMES = "subjectAltName=IP:127.0.0.1"
"""Not localhost: a test needs an address that reaches the server and is no name of it."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A server's certificate, which is its own authority, and its key: PEM files."""

    certificate: Path
    key: Path

    def together(self) -> str:
        """Return key and certificate in one text, as Kafka wants them."""
        return self.key.read_text(encoding="ascii") + self.certificate.read_text(encoding="ascii")


def new_certificate(folder: Path, name: str) -> Certificate:
    """Return a certificate for this machine. Skips the test where openssl is missing, except in CI."""
    openssl = shutil.which("openssl")
    if openssl is None:
        why = "certificates need openssl: install it"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    made = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(made.key)]
    named = ["-subj", f"/CN={name}", "-addext", _NAMES, "-days", "2", "-out", str(made.certificate)]
    subprocess.run([openssl, "req", "-x509", *key, *named], check=True, capture_output=True)
    return made
