"""An HTTP server on this machine that serves Tiny's files, and can misbehave."""

from __future__ import annotations

import gzip
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .tiny import PAYLOADS


@dataclass(frozen=True)
class Cut:
    """Close the connection after this many bytes of the body."""

    after: int


@dataclass
class Mirror:
    """An HTTP server on this machine.

    ``faults`` holds what to do to the requests to come, first to last: a status to answer with, a Cut, or
    None to serve the file; when it is empty every file is served.
    """

    address: str = ""
    files: dict[str, bytes] = field(
        default_factory=lambda: {f"{name}.gz": gzip.compress(data) for name, data in PAYLOADS.items()}
    )
    faults: deque[int | Cut | None] = field(default_factory=deque)
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    honours_range: bool = True
    shifts_range_by: int = 0
    tells_length: bool = True

    def requested(self, name: str) -> list[str | None]:
        """Return the ranges in which a file was asked for, one per request."""
        return [wanted for path, wanted in self.requests if path == f"{name}.gz"]


def make_handler(mirror: Mirror) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rpartition("/")[2]
            wanted = self.headers["Range"]
            mirror.requests.append((name, wanted))
            fault = mirror.faults.popleft() if mirror.faults else None
            body = mirror.files.get(name)
            if isinstance(fault, int) or body is None:
                self.send_error(fault if isinstance(fault, int) else 404)
                return
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
            if start >= len(body) and mirror.honours_range:
                self.send_error(416)
                return
            if start and mirror.honours_range:
                start += mirror.shifts_range_by
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            else:
                start = 0
                self.send_response(200)
            if mirror.tells_length:
                self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            rest = body[start:]
            self.wfile.write(rest[: fault.after] if isinstance(fault, Cut) else rest)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def serve(mirror: Mirror) -> Iterator[Mirror]:
    with ThreadingHTTPServer(("127.0.0.1", 0), make_handler(mirror)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        mirror.address = f"http://127.0.0.1:{server.server_port}/data/"
        yield mirror
        server.shutdown()
        thread.join()
