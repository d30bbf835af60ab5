"""Drives a Triton with perf_analyzer: the rate of the server without a pipeline around it."""

import asyncio
import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import aiohttp

from benchmarks.cpu import all_cpu_s
from benchmarks.lengths import anchors, mean_cost_s
from benchmarks.perf_analyzer_setup import PerfAnalyzer
from shared.errors import ConfigError
from shared.inference.text import Ids

Protocol = Literal["grpc", "http"]
PROTOCOLS: tuple[Protocol, ...] = ("grpc", "http")
WINDOW_MS = 1500
ATTEMPTS_COUNT = 3
MAX_ITEMS = 64
MEASURING = (
    *("--async", "--measurement-mode", "time_windows", "--measurement-interval", str(WINDOW_MS)),
    # The mean of three windows counts, however far apart they are: the rounds show how steady it was.
    *("--stability-percentage", "999", "--max-trials", "3", "--percentile", "99"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One way to drive the server: a line of perf_analyzer's tables."""

    protocol: Protocol
    token_budget: int
    """The batch at a length is as large as this allows, 64 rows at most."""

    concurrency: int

    def __str__(self) -> str:
        """Return the row in one word."""
        return f"{self.protocol}/{self.token_budget} tokens/{self.concurrency} at a time"

    def batch_size(self, length: int) -> int:
        """Return the rows of this length in a batch."""
        return max(1, min(MAX_ITEMS, self.token_budget // length))


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The Triton to drive."""

    grpc: str
    """host:port"""

    http: str
    """host:port"""

    model: str

    def address(self, protocol: str) -> str:
        """Return its address for this protocol."""
        return self.grpc if protocol == "grpc" else self.http


@dataclass(frozen=True, slots=True)
class Cost:
    """Cost of a row of token ids."""

    wall_s: float
    cpu_s: float
    """CPU time of Triton and perf_analyzer together."""


class Limit:
    """Measures rows over the token ids of real messages, unpadded, as `-b` needs equal lengths.

    A few lengths are measured, each with all messages of that length; the cost of the others is interpolated.
    """

    def __init__(self, tool: PerfAnalyzer, server: Server, rows: Sequence[Ids], *, folder: Path) -> None:
        self._tool = tool
        self._server = server
        self._report = folder / "report.csv"
        self._lengths = [len(row) for row in rows]
        self._files = {
            length: _write(folder, [row for row in rows if len(row) == length])
            for length in anchors(self._lengths)
        }

    async def cost(self, row: Row) -> Cost:
        """Return the mean cost over messages of all lengths, weighted by their number."""
        costs = {length: await self._cost(row, length) for length in self._files}
        return Cost(
            wall_s=mean_cost_s({length: cost.wall_s for length, cost in costs.items()}, self._lengths),
            cpu_s=mean_cost_s({length: cost.cpu_s for length, cost in costs.items()}, self._lengths),
        )

    async def quick_cost(self, row: Row) -> Cost:
        """Return the cost at one length, the most common of the measured ones."""
        return await self._cost(row, max(self._files, key=self._lengths.count))

    async def _cost(self, row: Row, length: int) -> Cost:
        count, cpu_s = await self._answered_count(), all_cpu_s()
        rate_per_s = await self._measured_per_s(row, length)
        answered_count = await self._answered_count() - count
        return Cost(wall_s=1 / rate_per_s, cpu_s=(all_cpu_s() - cpu_s) / answered_count)

    async def _answered_count(self) -> int:
        """Return the number of rows that Triton has answered by its own count."""
        url = f"http://{self._server.http}/v2/models/{self._server.model}/stats"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return int((await answer.json())["model_stats"][0]["inference_count"])

    async def _measured_per_s(self, row: Row, length: int) -> float:
        """Return rows per second.

        On a crowded machine a window may lack answers, so there are three attempts.
        """
        output = ""
        for _ in range(ATTEMPTS_COUNT):
            output = await self._run(row, length)
            if self._report.is_file():
                with self._report.open(encoding="utf-8") as file:
                    return float(next(csv.DictReader(file))["Inferences/Second"])
        raise ConfigError(f"perf_analyzer failed: {output.strip()[-300:]}")

    async def _run(self, row: Row, length: int) -> str:
        """Run perf_analyzer and return its report; None when it failed."""
        self._report.unlink(missing_ok=True)
        process = await asyncio.create_subprocess_exec(
            *(str(self._tool.binary), "-m", self._server.model, "-i", row.protocol),
            *("-u", self._server.address(row.protocol), "-b", str(row.batch_size(length))),
            *("--input-data", str(self._files[length]), "-f", str(self._report)),
            *("--concurrency-range", f"{row.concurrency}:{row.concurrency}", *MEASURING),
            env={"LD_LIBRARY_PATH": str(self._tool.libs)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        return output.decode(errors="replace")


def _write(folder: Path, rows: Sequence[Ids]) -> Path:
    """Return a file of requests, all of one length."""
    path = folder / f"rows_{len(rows[0])}.json"
    requests = [{"input_ids": {"content": row.tolist(), "shape": [len(row)]}} for row in rows]
    path.write_text(json.dumps({"data": requests}), encoding="utf-8")
    return path
