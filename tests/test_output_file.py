"""Output files appear whole or not at all."""

from __future__ import annotations

import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from onelayer.errors import OutputError
from onelayer.output_file import check_writable, replacing


@contextmanager
def disk_space(size: int) -> Iterator[None]:
    """Let no file grow beyond ``size`` bytes, as on a disk that is almost full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def write(path: Path, content: bytes) -> None:
    with replacing(path) as file:
        file.write(content)


def test_a_new_file_is_written_whole(tmp_path: Path) -> None:
    write(tmp_path / "new", b"content")
    assert (tmp_path / "new").read_bytes() == b"content"
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_the_old_file_is_there_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with replacing(path) as file:
        file.write(b"new, which is longer")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new, which is longer"


def test_an_error_in_between_leaves_everything_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail_half_way() -> None:
        with replacing(path) as file:
            file.write(b"half of")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    write(tmp_path / "written", b"")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("usual", "written")}
    assert len(modes) == 1


def test_a_file_that_is_replaced_hands_its_permissions_on(tmp_path: Path) -> None:
    path = tmp_path / "private"
    path.touch(mode=0o600)
    with replacing(path) as file:
        (temporary,) = set(tmp_path.iterdir()) - {path}
        assert stat.S_IMODE(temporary.stat().st_mode) == 0o600
        file.write(b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "link").symlink_to("target")
    write(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"


def test_a_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with disk_space(10_000), pytest.raises(OutputError, match=r"cannot write .*file: File too large"):
        write(path, bytes(20_000))
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("attempt", [check_writable, lambda path: write(path, b"x")], ids=["check", "write"])
class TestRefused:
    """What cannot be written is refused by the check beforehand, and by writing, in the same words."""

    def test_no_folder(self, attempt: type, tmp_path: Path) -> None:
        with pytest.raises(OutputError, match=r"the folder .*missing does not exist$"):
            attempt(tmp_path / "missing" / "file")

    def test_a_file_in_place_of_the_folder(self, attempt: type, tmp_path: Path) -> None:
        (tmp_path / "plain").touch()
        with pytest.raises(OutputError, match=r"plain is not a folder$"):
            attempt(tmp_path / "plain" / "file")

    def test_a_folder_in_place_of_the_file(self, attempt: type, tmp_path: Path) -> None:
        with pytest.raises(OutputError, match=r"it is a folder; name a file$"):
            attempt(tmp_path)

    def test_a_device(self, attempt: type) -> None:
        with pytest.raises(OutputError, match=r"it is a device or pipe; name a file$"):
            attempt(Path(os.devnull))
        assert stat.S_ISCHR(os.stat(os.devnull).st_mode)

    def test_a_name_that_is_too_long(self, attempt: type, tmp_path: Path) -> None:
        with pytest.raises(OutputError, match=r"File name too long$"):
            attempt(tmp_path / ("x" * 1000))


def test_the_check_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"old")
    check_writable(tmp_path / "old")
    check_writable(tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old").read_bytes() == b"old"


def test_the_check_notices_a_folder_that_takes_no_files() -> None:
    with pytest.raises(OutputError, match=r"cannot write /proc/file: "):
        check_writable("/proc/file")
