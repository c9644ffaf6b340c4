"""Downloading a registered data set: each mirror in turn, with retries and resuming, every file verified."""

from __future__ import annotations

import hashlib
import http.client
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from onelayer.data.idx import IdxFile, read_idx, write_idx
from onelayer.data.registry import RegisteredFile
from onelayer.errors import DataFileError, DownloadError, OnelayerError, OutputError

Progress = Callable[[str, int, int | None], object]
"""Called as a file arrives, with its name, the bytes received so far, and the bytes in all or None."""

CHUNK = 1 << 16
PORTS = {"http": http.client.HTTP_PORT, "https": http.client.HTTPS_PORT}
PASSING_ANSWERS = (http.client.REQUEST_TIMEOUT, http.client.TOO_MANY_REQUESTS)


@dataclass(frozen=True)
class Network:
    """How patient to be with a network.

    Attributes
    ----------
    timeout : float
        Seconds to wait for a connection, and for the next bytes.
    waits : tuple of float
        Seconds to wait before each further try at one mirror, after a fault that may pass.
    sleep : callable
        Waits that long.
    """

    timeout: float = 10.0
    waits: tuple[float, ...] = (0.5, 2.0)
    sleep: Callable[[float], object] = time.sleep


class _MirrorFault(Exception):
    """Why a mirror did not deliver; ``passing`` if another try may succeed."""

    def __init__(self, reason: str, passing: bool) -> None:
        super().__init__(reason)
        self.passing = passing


def download(
    files: tuple[RegisteredFile, ...],
    mirrors: tuple[str, ...],
    folder: Path,
    progress: Progress | None,
    network: Network,
) -> None:
    """Complete a folder: download each file that is not in it, and store it there unpacked.

    A file appears in the folder whole and verified, or not at all. What has arrived when a download ends
    early stays beside it as a ``.part`` file and is continued by the next.

    Parameters
    ----------
    files : tuple of RegisteredFile
        What belongs in the folder.
    mirrors : tuple of str
        Addresses to append ``NAME.gz`` to; one that has delivered a file is asked first for the next.
    folder : Path
        The folder, which exists; no other process may write to it meanwhile.
    progress : callable or None
        Told what arrives.
    network : Network
        Timeouts and retries.

    Raises
    ------
    DownloadError
        No mirror delivered a file; the message says why, for each.
    OutputError
        The folder cannot be written to, or the disk is full.
    """
    try:
        for file in files:
            if not _is_there(file, folder):
                best = _download_file(file, mirrors, folder, progress or _ignore, network)
                mirrors = (best, *(mirror for mirror in mirrors if mirror != best))
    except OnelayerError:
        raise
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written to: {error.strerror}") from None


def _ignore(name: str, received: int, total: int | None) -> None:
    """Tell nobody."""


def _is_there(file: RegisteredFile, folder: Path) -> bool:
    try:
        return read_idx(folder / file.name).sha256 == file.sha256
    except (FileNotFoundError, DataFileError):
        return False


def _download_file(
    file: RegisteredFile, mirrors: tuple[str, ...], folder: Path, progress: Progress, network: Network
) -> str:
    """Store the file in the folder and return the mirror it came from."""
    reasons = []
    for mirror in mirrors:
        url = f"{mirror}{file.name}.gz"
        try:
            content = _from_mirror(file, url, folder, progress, network)
        except _MirrorFault as fault:
            reasons.append(f"{url}: {fault}")
            continue
        write_idx(folder / file.name, content.array)
        for part in folder.glob(f"{file.name}.gz.*.part"):
            part.unlink()
        return mirror
    raise DownloadError(f"{file.name}.gz could not be downloaded: {'; '.join(reasons)}")


def _from_mirror(
    file: RegisteredFile, url: str, folder: Path, progress: Progress, network: Network
) -> IdxFile:
    """Download from one mirror, with as many tries as the network's patience allows."""
    part = folder / f"{file.name}.gz.{hashlib.sha256(url.encode()).hexdigest()[:8]}.part"
    waits = iter(network.waits)
    while True:
        try:
            resumed = _transfer(file, url, part, progress, network)
            return _verified(file, part, resumed)
        except _MirrorFault as fault:
            wait = next(waits, None)
            if wait is None or not fault.passing:
                raise
            network.sleep(wait)


def _verified(file: RegisteredFile, part: Path, resumed: bool) -> IdxFile:
    """Return what the complete ``part`` holds; remove it when that is not ``file``.

    If it was continued from an earlier one, the two may not belong together, and another try may succeed.
    """
    try:
        content = read_idx(part, most=file.size)
        if content.sha256 == file.sha256:
            return content
        reason = f"delivered another file: SHA-256 {content.sha256[:16]}… where {file.sha256[:16]}… belongs"
    except DataFileError as error:
        reason = f"delivered something else{str(error).removeprefix(str(part))}"
    part.unlink()
    raise _MirrorFault(reason, passing=resumed)


def _transfer(file: RegisteredFile, url: str, part: Path, progress: Progress, network: Network) -> bool:
    """Bring ``part`` to its full length and return whether that continued an earlier ``part``."""
    start = part.stat().st_size if part.exists() else 0
    most = file.size + file.size // 1000 + 1024  # what gzip makes of data that it cannot compress
    with _open(url, start, part, network) as response:
        resumed = response.status == http.client.PARTIAL_CONTENT
        received = start if resumed else 0
        length = response.headers.get("Content-Length", "")
        total = received + int(length) if length.isdecimal() else None
        progress(file.name, received, total)
        with open(part, "ab" if resumed else "wb") as out:
            while received <= most and (chunk := _receive(response)):
                out.write(chunk)
                received += len(chunk)
                progress(file.name, received, total)
    if received > most:
        part.unlink()
        raise _MirrorFault(f"sends more than the {most:,} bytes the file can have", passing=False)
    if total is not None and received < total:
        raise _MirrorFault(f"cut short after {received:,} of {total:,} bytes", passing=True)
    return resumed


def _open(url: str, start: int, part: Path, network: Network) -> http.client.HTTPResponse:
    """Ask for the file from byte ``start`` on; the answer begins there if its status is 206, else at 0."""
    _knock(url, network.timeout)
    request = urllib.request.Request(url, headers={"User-Agent": "onelayer", "Accept-Encoding": "identity"})
    if start:
        request.add_header("Range", f"bytes={start}-")
    opener = urllib.request.build_opener()  # with the proxies of this moment, unlike urlopen's
    try:
        response: http.client.HTTPResponse = opener.open(request, timeout=network.timeout)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink()
            raise _MirrorFault("does not continue what it began", passing=True) from None
        passing = error.code >= http.client.INTERNAL_SERVER_ERROR or error.code in PASSING_ANSWERS
        raise _MirrorFault(f"answers {error.code} {error.reason}", passing) from None
    except urllib.error.URLError as error:
        raise _MirrorFault(f"cannot be reached ({_said(error.reason)})", passing=False) from None
    except (OSError, http.client.HTTPException) as error:
        raise _MirrorFault(f"broke off before it answered ({_said(error)})", passing=True) from None
    begin = response.headers.get("Content-Range", "")
    if response.status == http.client.PARTIAL_CONTENT and not begin.startswith(f"bytes {start}-"):
        response.close()
        part.unlink(missing_ok=True)
        raise _MirrorFault(
            f"sends another range than it was asked for ({begin or 'not named'})", passing=True
        )
    return response


def _knock(url: str, timeout: float) -> None:
    """Find out quickly whether there is a way to the server.

    Where packets are dropped instead of refused, as on the inner nodes of a cluster, ``urlopen`` would wait
    for its timeout at each of the server's addresses, often more than ten; this tries one IPv4 and one IPv6
    address. Behind a proxy there is nothing to find out.
    """
    address = urlsplit(url)
    if address.scheme in urllib.request.getproxies():
        return
    try:
        port = address.port or PORTS[address.scheme]
        found = socket.getaddrinfo(address.hostname, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise _MirrorFault(f"cannot be reached ({_said(error)})", passing=False) from None
    first_of_family: dict[socket.AddressFamily, Any] = {}
    for family, *_, socket_address in found:
        first_of_family.setdefault(family, socket_address)
    reasons = []
    for version, socket_address in first_of_family.items():
        try:
            with socket.socket(version, socket.SOCK_STREAM) as probe:
                probe.settimeout(timeout / len(first_of_family))
                probe.connect(socket_address)
                return
        except OSError as error:
            reasons.append(_said(error))
    raise _MirrorFault(f"cannot be reached ({', '.join(reasons)})", passing=False)


def _receive(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read(CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise _MirrorFault(f"broke off ({_said(error)})", passing=True) from None


def _said(error: BaseException | str) -> str:
    """Return an error's words without its number; its class if it has none."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
