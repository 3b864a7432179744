"""Files appear whole or not at all, and nothing of the user's is lost."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from anacrusis.compose.atomic import atomic_folder, atomic_path, write_all, write_bytes, write_text
from anacrusis.compose.errors import FileFormatError


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def full_disk(path: Path) -> None:
    path.write_bytes(b"half")
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_is_written_and_replaced(tmp_path):
    write_text(tmp_path / "new" / "a.txt", "one")
    write_text(tmp_path / "new" / "a.txt", "two")
    assert listing(tmp_path / "new") == ["a.txt"]
    assert (tmp_path / "new" / "a.txt").read_text() == "two"


def test_a_full_disk_leaves_the_old_file(tmp_path):
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")
    with (
        pytest.raises(FileFormatError, match=r"a\.bin: No space left"),
        atomic_path(target) as path,
    ):
        full_disk(path)
    assert listing(tmp_path) == ["a.bin"]
    assert target.read_bytes() == b"old"


def test_of_several_files_none_appears_when_one_fails(tmp_path):
    files = {tmp_path / "a.mid": lambda p: p.write_bytes(b"a"), tmp_path / "b.json": full_disk}
    with pytest.raises(FileFormatError, match="No space left"):
        write_all(files)
    assert listing(tmp_path) == []


def test_of_several_files_none_appears_when_a_target_is_a_folder(tmp_path):
    (tmp_path / "b.json").mkdir()
    files = {tmp_path / name: lambda p: p.write_bytes(b"x") for name in ("a.mid", "b.json")}
    with pytest.raises(FileFormatError, match=r"b\.json is a folder"):
        write_all(files)
    assert listing(tmp_path) == ["b.json"]


def test_a_folder_replaces_one_of_its_kind(tmp_path):
    for word in ("one", "two"):
        with atomic_folder(tmp_path / "shards", "meta.json") as folder:
            (folder / "meta.json").write_text(word)
    assert listing(tmp_path) == ["shards"]
    assert (tmp_path / "shards" / "meta.json").read_text() == "two"


def test_a_folder_of_another_kind_is_not_touched(tmp_path):
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    (thesis / "chapter.tex").write_text("years of work")
    with (
        pytest.raises(FileFormatError, match=r"no folder of this kind"),
        atomic_folder(thesis, "meta.json") as folder,
    ):
        (folder / "meta.json").write_text("new")
    assert listing(tmp_path) == ["thesis"]
    assert (thesis / "chapter.tex").read_text() == "years of work"


def test_a_folder_with_something_of_the_users_is_not_touched(tmp_path):
    names = ("meta.json", "train")
    with atomic_folder(tmp_path / "w", "meta.json", names) as folder:
        (folder / "meta.json").write_text("old")
    (tmp_path / "w" / "thesis.txt").write_text("years of work")
    with (
        pytest.raises(FileFormatError, match=r"it holds thesis\.txt"),
        atomic_folder(tmp_path / "w", "meta.json", names) as folder,
    ):
        (folder / "meta.json").write_text("new")
    assert listing(tmp_path / "w") == ["meta.json", "thesis.txt"]
    (tmp_path / "w" / "thesis.txt").unlink()
    with atomic_folder(tmp_path / "w", "meta.json", names) as folder:
        (folder / "meta.json").write_text("new")
    assert (tmp_path / "w" / "meta.json").read_text() == "new"


def test_a_folder_that_fails_leaves_the_old_one(tmp_path):
    with atomic_folder(tmp_path / "w", "config.json") as folder:
        (folder / "config.json").write_text("old")
    with (
        pytest.raises(FileFormatError, match="No space left"),
        atomic_folder(tmp_path / "w", "config.json") as folder,
    ):
        full_disk(folder / "config.json")
    assert listing(tmp_path) == ["w"]
    assert (tmp_path / "w" / "config.json").read_text() == "old"


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_real_limit_on_file_size(tmp_path):
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from anacrusis.compose.atomic import write_bytes\n"
        "from anacrusis.compose.errors import FileFormatError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    write_bytes(Path(sys.argv[1]), bytes(100_000))\n"
        "except FileFormatError as error:\n"
        "    print(error)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "big.bin")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "cannot write" in ended.stdout and "File too large" in ended.stdout
    assert listing(tmp_path) == []


def test_an_impossible_folder_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileFormatError, match=r"cannot write .*file/x\.mid"):
        write_bytes(tmp_path / "file" / "x.mid", b"")
