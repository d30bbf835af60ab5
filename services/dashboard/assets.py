"""Static files of the pages: compressed once, and named by their content so that browsers keep them."""

import gzip
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from shared.errors import ConfigError

HTMX = "htmax-4.min.js"
"""htmx 4 with its stream extension in one file: as two files, one of them may come too late for the page."""

STATIC = Path(__file__).with_name("static")
_HASH_LENGTH = 16
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent."""

    address: str
    """Its path in the address, which holds a hash of the content."""

    media_type: str
    content: bytes
    compressed: bytes

    @classmethod
    def of(cls, path: Path) -> "Asset":
        """Return the asset of a file."""
        content = path.read_bytes()
        digest = sha256(content).hexdigest()[:_HASH_LENGTH]
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return cls(
            f"{path.stem}.{digest}{path.suffix}", media_type, content, gzip.compress(content, 9, mtime=0)
        )

    def response(self, request: Request) -> Response:
        """Return the answer to a request, compressed where the browser takes it."""
        headers = {"Cache-Control": _FOR_EVER, "ETag": f'"{self.address}"', "Vary": "Accept-Encoding"}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(self.compressed, headers=headers, media_type=self.media_type)
        return Response(self.content, headers=headers, media_type=self.media_type)


class Assets:
    """All static files, by name and by address."""

    def __init__(self, files: Mapping[str, Asset]) -> None:
        self._by_name = dict(files)
        self._by_address = {asset.address: asset for asset in files.values()}

    def address(self, name: str) -> str:
        """Return the path of a file for a page."""
        return f"/static/{self._by_name[name].address}"

    def find(self, address: str) -> Asset | None:
        """Return the file at an address; None when there is none."""
        return self._by_address.get(address)


def load_assets(assets_dir: Path) -> Assets:
    """Return our files and those of packages below `assets_dir`.

    Raises ConfigError when a package's file is missing.
    """
    found = next(iter(sorted(assets_dir.rglob(HTMX))), None)
    if found is None:
        raise ConfigError(
            f"TIDEMILL__ASSETS_DIR: {assets_dir.absolute()} has no {HTMX} in it; "
            "run `python -m deploy.local.setup` (`make setup`), which installs it into .stack/web"
        )
    paths = [found, *(path for path in sorted(STATIC.iterdir()) if path.is_file())]
    return Assets({path.name: Asset.of(path) for path in paths})
