"""python -m benchmarks.viewers URL COUNT: keeps pages open until SIGTERM, then tells how many frames came."""

import asyncio
import json
import signal
import sys
from urllib.parse import urlsplit

_FRAME = b"data: "
_BUFFER_BYTES = 256 * 1024


async def watch(url: str, counts: list[int], number: int) -> None:
    """Read a stream for ever, and count its frames."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port, limit=_BUFFER_BYTES)
    writer.write(f"GET {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode())
    while chunk := await reader.read(_BUFFER_BYTES):
        counts[number] += chunk.count(b"\n" + _FRAME + b"<hx-partial")


async def main(url: str, count: int) -> None:
    """Watch until SIGTERM, and write the frames of all viewers, and those of the one that got fewest."""
    stop, counts = asyncio.Event(), [0] * count
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    watching = [asyncio.create_task(watch(url, counts, number)) for number in range(count)]
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([*watching, stopping], return_when=asyncio.FIRST_COMPLETED)
    open_count = sum(not task.done() for task in watching)
    sys.stderr.write(json.dumps({"open": open_count, "frames": sum(counts), "fewest": min(counts)}) + "\n")
    for task in (*watching, stopping):
        task.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
