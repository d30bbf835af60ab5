"""End-to-end rate against perf_analyzer on the same Triton, and against the textbook loop."""

import itertools
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import textbook
from benchmarks.bench import Bench
from benchmarks.contender import Contender
from benchmarks.measure import Goal, Measure, ratio, rounded
from benchmarks.perf_analyzer import PROTOCOLS, Cost, Limit, Row, Server
from benchmarks.perf_analyzer_setup import ensure_perf_analyzer
from benchmarks.stack import stack_under_test
from benchmarks.stream_run import StreamRun, work_off
from benchmarks.topics import messages
from deploy.local.stack import Addresses, LocalStack
from shared.catalogue import STREAMS
from shared.inference.encoders import text_encoder
from shared.repository.bundle import load_bundle

MODEL = "support_intent"
MESSAGES_COUNT = 10_000
TEXTBOOK_COUNT = 250
FINALISTS_COUNT = 2
OURS = Contender.of(STREAMS["messages"])
TEXTBOOK = Contender(name="textbook", module="benchmarks.textbook", writes=textbook.WRITES)
ROWS = tuple(
    Row(protocol, token_budget, concurrency)
    for protocol, token_budget, concurrency in itertools.product(PROTOCOLS, (256, 512, 1024), (2, 4))
)


async def measure(bench: Bench) -> Sequence[Measure]:
    """Return our rate over perf_analyzer's best row, and over the textbook loop's."""
    tool = ensure_perf_analyzer(bench.say)
    texts = bench.texts[:MESSAGES_COUNT]
    ids = text_encoder(load_bundle(bench.models, MODEL)).encode_batch(texts)
    async with stack_under_test(bench, *STREAMS["messages"].models) as stack:
        with tempfile.TemporaryDirectory() as folder:
            limit = Limit(tool, server(stack.addresses), ids, folder=Path(folder))
            best, rows_per_s = await best_row(limit, bench)
            rounds = await _alternate(bench, stack, limit, best)
    facts = {
        "messages": len(texts),
        "texts": bench.texts_from,
        "best_row": str(best),
        "rows_per_s": rows_per_s,
    }
    return _measures(rounds, facts)


def server(addresses: Addresses) -> Server:
    """Return the stack's Triton in perf_analyzer's terms."""
    return Server(grpc=addresses.triton_grpc, http=addresses.triton_http.removeprefix("http://"), model=MODEL)


async def best_row(limit: Limit, bench: Bench) -> tuple[Row, dict[str, float]]:
    """Return the fastest way to drive the server, and the result of each way.

    All ways are tried at one length, the best of them at all lengths.
    """
    quick = {}
    for row in ROWS:
        quick[row] = 1 / (await limit.quick_cost(row)).wall_s
        bench.say(f"perf_analyzer {row}: {quick[row]:.0f}/s at the most common length")
    finalists = sorted(ROWS, key=quick.__getitem__, reverse=True)[:FINALISTS_COUNT]
    full = {row: 1 / (await limit.cost(row)).wall_s for row in finalists}
    for row, rate in full.items():
        bench.say(f"perf_analyzer {row}: {rate:.0f}/s over all lengths")
    table = {f"{row}, one length": round(rate, 1) for row, rate in quick.items()}
    table |= {f"{row}, all lengths": round(rate, 1) for row, rate in full.items()}
    return max(full, key=full.__getitem__), table


def mean(one: Cost, other: Cost) -> Cost:
    """Return the cost at the mean of both rates, and the mean CPU time."""
    return Cost(
        wall_s=2 / (1 / one.wall_s + 1 / other.wall_s),
        cpu_s=(one.cpu_s + other.cpu_s) / 2,
    )


@dataclass(slots=True)
class _Rounds:
    """Results of the rounds so far."""

    limits: list[Cost] = field(default_factory=list)
    ours: list[StreamRun] = field(default_factory=list)
    textbook: list[StreamRun] = field(default_factory=list)

    def __str__(self) -> str:
        """Return the last round in one line."""
        ours, textbook = self.ours[-1].rate_per_s, self.textbook[-1].rate_per_s
        return f"limit {self.limits_per_s[-1]:.0f}/s, ours {ours:.0f}/s, textbook {textbook:.1f}/s"

    @property
    def limits_per_s(self) -> list[float]:
        """Return the rates of perf_analyzer."""
        return [1 / cost.wall_s for cost in self.limits]

    @property
    def cpu_ratios(self) -> tuple[float, ...]:
        """Return the limit's CPU time per message over that of our side, Kafka and Triton included."""
        return tuple(
            limit.cpu_s * 1e6 / run.all_cpu_us for limit, run in zip(self.limits, self.ours, strict=True)
        )

    def facts(self) -> dict[str, Any]:
        """Return the figures behind the ratios."""
        return {
            "limit_per_s": rounded(self.limits_per_s),
            "ours_per_s": rounded(run.rate_per_s for run in self.ours),
            "limit_cpu_us": rounded(cost.cpu_s * 1e6 for cost in self.limits),
            "ours_all_cpu_us": rounded(run.all_cpu_us for run in self.ours),
            "ours_cpu_us": rounded(run.cpu_us for run in self.ours),
            "ours_peak_mb": rounded(run.peak_bytes / 1e6 for run in self.ours),
            "textbook_per_s": rounded(run.rate_per_s for run in self.textbook),
        }


async def _alternate(bench: Bench, stack: LocalStack, limit: Limit, best: Row) -> _Rounds:
    """Measure perf_analyzer, ours, perf_analyzer again, the textbook; the limit is the mean of its two."""
    texts = bench.texts[:MESSAGES_COUNT]
    rounds = _Rounds()
    for number in range(1, bench.rounds + 1):
        before = await limit.cost(best)
        rounds.ours.append(await work_off(OURS, messages(texts), stack, models=bench.models))
        rounds.limits.append(mean(before, await limit.cost(best)))
        textbook_run = work_off(
            TEXTBOOK, messages(texts[: 2 * TEXTBOOK_COUNT]), stack, models=bench.models, enough=TEXTBOOK_COUNT
        )
        rounds.textbook.append(await textbook_run)
        bench.say(f"round {number}: {rounds}")
    return rounds


def _measures(rounds: _Rounds, facts: Mapping[str, Any]) -> list[Measure]:
    ours = [run.rate_per_s for run in rounds.ours]
    plain = [run.rate_per_s for run in rounds.textbook]
    return [
        ratio(
            "end to end / best perf_analyzer row",
            ours,
            rounds.limits_per_s,
            goal=Goal(at_least=0.85),
            facts={**facts, **rounds.facts()},
        ),
        Measure(
            name="CPU time: best perf_analyzer row / end to end with Kafka",
            unit="x",
            rounds=rounds.cpu_ratios,
            facts={"meaning": "the first figure on cores that nobody else uses"},
        ),
        ratio("end to end / textbook loop", ours, plain, goal=Goal(at_least=4), facts={}),
    ]
