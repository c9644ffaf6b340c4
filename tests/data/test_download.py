"""Downloading from mirrors on this machine that serve well, badly, or not at all."""

from __future__ import annotations

import errno
import gzip
import os
import resource
import socket
from collections import deque
from pathlib import Path

import pytest

from onelayer.data.download import Network, Progress, download
from onelayer.errors import DownloadError, OutputError

from .mirror import Cut, Mirror
from .tiny import EDITION, PAYLOADS

IMAGES = "train-images-idx3-ubyte"
PACKED = gzip.compress(PAYLOADS[IMAGES])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "downloads"
    folder.mkdir()
    return folder


def fetch(folder: Path, network: Network, *mirrors: str, progress: Progress | None = None) -> None:
    """Download the training images alone."""
    download((EDITION.train_images,), mirrors, folder, progress, network)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refused_address() -> str:
    """Return an address on this machine where nothing listens."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{closed.getsockname()[1]}/data/"


def test_all_files_arrive_unpacked(folder: Path, mirror: Mirror, network: Network) -> None:
    download(EDITION.files, (mirror.address,), folder, None, network)
    assert contents(folder) == PAYLOADS
    assert [name for name, _ in mirror.requests] == [f"{file.name}.gz" for file in EDITION.files]


def test_what_is_there_is_not_asked_for(folder: Path, mirror: Mirror, network: Network) -> None:
    (folder / IMAGES).write_bytes(PAYLOADS[IMAGES])
    fetch(folder, network, mirror.address)
    assert mirror.requests == []


@pytest.mark.parametrize("damaged", [b"", PAYLOADS[IMAGES][:-1] + b"\0", PAYLOADS[IMAGES][:-1]])
def test_what_is_there_and_damaged_is_replaced(
    folder: Path, mirror: Mirror, network: Network, damaged: bytes
) -> None:
    (folder / IMAGES).write_bytes(damaged)
    fetch(folder, network, mirror.address)
    assert contents(folder) == {IMAGES: PAYLOADS[IMAGES]}


def test_progress_is_told(folder: Path, mirror: Mirror, network: Network) -> None:
    told: list[tuple[str, int, int | None]] = []
    fetch(folder, network, mirror.address, progress=lambda *now: told.append(now))
    size = len(mirror.files[f"{IMAGES}.gz"])
    assert told == [(IMAGES, 0, size), (IMAGES, size, size)]


def test_a_server_that_does_not_tell_the_length(folder: Path, mirror: Mirror, network: Network) -> None:
    mirror.tells_length = False
    told: list[tuple[str, int, int | None]] = []
    fetch(folder, network, mirror.address, progress=lambda *now: told.append(now))
    assert contents(folder) == {IMAGES: PAYLOADS[IMAGES]}
    assert {total for _, _, total in told} == {None}


def test_cut_short_then_resumed(folder: Path, mirror: Mirror, network: Network, waits: list[float]) -> None:
    mirror.faults = deque([Cut(40), Cut(15)])
    told: list[int] = []
    fetch(folder, network, mirror.address, progress=lambda _, received, __: told.append(received))
    assert contents(folder) == {IMAGES: PAYLOADS[IMAGES]}
    assert mirror.requested(IMAGES) == [None, "bytes=40-", "bytes=55-"]
    assert told == [0, 40, 40, 55, 55, len(PACKED)]
    assert waits == [0.5, 2.0]


def test_cut_short_too_often_is_resumed_the_next_time(folder: Path, mirror: Mirror, network: Network) -> None:
    mirror.faults = deque([Cut(40), Cut(0), Cut(10)])
    with pytest.raises(
        DownloadError, match=rf"{IMAGES}.gz could not be.*cut short after 50 of {len(PACKED)} byt"
    ):
        fetch(folder, network, mirror.address)
    assert list(contents(folder).values()) == [mirror.files[f"{IMAGES}.gz"][:50]]
    fetch(folder, network, mirror.address)
    assert mirror.requested(IMAGES) == [None, "bytes=40-", "bytes=40-", "bytes=50-"]
    assert contents(folder) == {IMAGES: PAYLOADS[IMAGES]}


def test_a_server_that_cannot_resume_sends_all_again(folder: Path, mirror: Mirror, network: Network) -> None:
    mirror.honours_range = False
    mirror.faults = deque([Cut(40)])
    fetch(folder, network, mirror.address)
    assert mirror.requested(IMAGES) == [None, "bytes=40-"]
    assert contents(folder) == {IMAGES: PAYLOADS[IMAGES]}


def test_a_server_that_resumes_elsewhere_is_asked_again(
    folder: Path, mirror: Mirror, network: Network
) -> None:
    mirror.shifts_range_by = 3
    mirror.faults = deque([Cut(40)])
    fetch(folder, network, mirror.address)
    assert mirror.requested(IMAGES) == [None, "bytes=40-", None]
    assert contents(folder) == {IMAGES: PAYLOADS[IMAGES]}


def test_a_file_that_changed_between_the_parts_is_loaded_from_its_start(
    folder: Path, mirror: Mirror, network: Network
) -> None:
    good = mirror.files[f"{IMAGES}.gz"]
    mirror.files[f"{IMAGES}.gz"] = gzip.compress(bytes(1000))[:20] + bytes(200)
    mirror.faults = deque([Cut(30), 404])
    with pytest.raises(DownloadError, match="404"):
        fetch(folder, network, mirror.address)
    mirror.files[f"{IMAGES}.gz"] = good
    fetch(folder, network, mirror.address)
    assert mirror.requested(IMAGES)[2:] == ["bytes=30-", None]
    assert contents(folder) == {IMAGES: PAYLOADS[IMAGES]}


def test_a_part_that_was_complete_already(folder: Path, mirror: Mirror, network: Network) -> None:
    """The process died between the last byte and the check: the server has nothing to add (416)."""
    mirror.faults = deque([Cut(40), 404])
    with pytest.raises(DownloadError):
        fetch(folder, network, mirror.address)
    (part,) = folder.iterdir()
    part.write_bytes(mirror.files[f"{IMAGES}.gz"])
    fetch(folder, network, mirror.address)
    assert contents(folder) == {IMAGES: PAYLOADS[IMAGES]}


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_a_passing_fault_is_tried_again(
    folder: Path, mirror: Mirror, network: Network, waits: list[float], status: int
) -> None:
    mirror.faults = deque([status])
    fetch(folder, network, mirror.address)
    assert contents(folder) == {IMAGES: PAYLOADS[IMAGES]}
    assert waits == [0.5]


def test_a_lasting_server_error_gives_up(folder: Path, mirror: Mirror, network: Network) -> None:
    mirror.faults = deque([500, 502, 503])
    with pytest.raises(
        DownloadError, match=rf"{mirror.address}{IMAGES}.gz: answers 503 Service Unavailable$"
    ):
        fetch(folder, network, mirror.address)
    assert contents(folder) == {}


def test_404_then_the_next_mirror_which_is_first_from_then_on(
    folder: Path, mirror: Mirror, second_mirror: Mirror, network: Network, waits: list[float]
) -> None:
    mirror.files.clear()
    download(EDITION.files, (mirror.address, second_mirror.address), folder, None, network)
    assert contents(folder) == PAYLOADS
    assert len(mirror.requests) == 1
    assert len(second_mirror.requests) == 4
    assert waits == []


def test_another_file_then_the_next_mirror(
    folder: Path, mirror: Mirror, second_mirror: Mirror, network: Network
) -> None:
    other = bytearray(PAYLOADS[IMAGES])
    other[-1] ^= 1
    mirror.files[f"{IMAGES}.gz"] = gzip.compress(bytes(other))
    fetch(folder, network, mirror.address, second_mirror.address)
    assert contents(folder) == {IMAGES: PAYLOADS[IMAGES]}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gzip.compress(PAYLOADS[IMAGES][:-1] + b"!"), r"delivered another file: SHA-256 [0-9a-f]{16}… where"),
        (b"<html>sign in</html>", "delivered something else: not an IDX file: .* web page"),
        (PACKED[:-1], "delivered something else: the gzip data is cut short"),
        (PACKED[:-1] + b"\xff", "delivered something else: damaged gzip data"),
        (
            gzip.compress(b"\0\0\x08\x01\0\x10\0\0" + bytes(1 << 20)),
            "declares 1,048,584 bytes in all, more than",
        ),
        (os.urandom(2000), r"sends more than the 1,\d{3} bytes the file can have"),
    ],
)
@pytest.mark.parametrize("tells_length", [True, False])
def test_what_is_not_the_file_is_refused(
    folder: Path, mirror: Mirror, network: Network, content: bytes, reason: str, tells_length: bool
) -> None:
    mirror.files[f"{IMAGES}.gz"] = content
    mirror.tells_length = tells_length
    with pytest.raises(DownloadError, match=reason):
        fetch(folder, network, mirror.address)
    assert contents(folder) == {}
    assert len(mirror.requests) == 1


def test_no_network(
    folder: Path, network: Network, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused connection and an unknown name go straight to the next mirror; each is named in the end."""
    resolve = socket.getaddrinfo

    def offline(host: str, *rest: object, **more: object) -> object:
        if host == "data.example":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    with pytest.raises(DownloadError) as caught:
        fetch(folder, network, "https://data.example/", refused_address())
    assert "https://data.example/train-images-idx3-ubyte.gz: cannot be reached (Name or service not" in str(
        caught.value
    )
    assert "cannot be reached (Connection refused)" in str(caught.value)
    assert waits == []
    assert contents(folder) == {}


def test_a_server_that_never_answers(folder: Path, mirror: Mirror, waits: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        network = Network(timeout=0.02, waits=(0.1,), sleep=waits.append)
        with pytest.raises(DownloadError, match=r"broke off before it answered \(timed out\)"):
            fetch(folder, network, address)
    assert waits == [0.1]


def test_an_address_without_an_https_server(folder: Path, mirror: Mirror, network: Network) -> None:
    with pytest.raises(DownloadError, match="cannot be reached"):
        fetch(folder, network, mirror.address.replace("http:", "https:"))


def test_through_a_proxy(
    folder: Path, mirror: Mirror, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", mirror.address)
    fetch(folder, network, "http://data.example/fashion/")
    assert contents(folder) == {IMAGES: PAYLOADS[IMAGES]}


def test_a_full_disk(folder: Path, mirror: Mirror, network: Network) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30, limits[1]))
    try:
        with pytest.raises(
            OutputError, match=rf"downloads: cannot be written to: {os.strerror(errno.EFBIG)}"
        ):
            fetch(folder, network, mirror.address)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert IMAGES not in contents(folder)


def test_a_folder_that_is_gone(tmp_path: Path, mirror: Mirror, network: Network) -> None:
    with pytest.raises(OutputError, match="gone: cannot be written to: No such file or directory"):
        fetch(tmp_path / "gone", network, mirror.address)


def test_a_caller_that_stops_it_may_resume(folder: Path, mirror: Mirror, network: Network) -> None:
    def stop(name: str, received: int, total: int | None) -> None:
        if received:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(folder, network, mirror.address, progress=stop)
    assert IMAGES not in contents(folder)
    fetch(folder, network, mirror.address)
    assert contents(folder) == {IMAGES: PAYLOADS[IMAGES]}
