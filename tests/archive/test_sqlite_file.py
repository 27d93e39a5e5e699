"""Where the file may be, whose it is to read, and what becomes of one that is not ours, newer or damaged."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import stat
from contextlib import closing, suppress
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, cast

import pytest
from sqlite_worker import SPACE, call_of

from call_transcripts_mcp.archive.base import LineFilter, Selection
from call_transcripts_mcp.archive.sqlite.database import Options
from call_transcripts_mcp.archive.sqlite.engine import SqliteEngine, open_sqlite
from call_transcripts_mcp.archive.sqlite.file import Mount, make_ready, network_kind
from call_transcripts_mcp.archive.sqlite.schema import APPLICATION_ID, STEPS
from call_transcripts_mcp.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

EVERYTHING = Selection()


def fill(file: Path, *names: str) -> None:
    engine = open_sqlite(file)
    engine.put(SPACE, [call_of(name, 1) for name in names])
    engine.close()


def names_in(engine: SqliteEngine) -> list[str]:
    return [facts.key.id.partition("-")[0] for facts in engine.calls(EVERYTHING)]


def all_below(directory: Path) -> dict[str, str]:
    """What is in a directory: names, and a hash of what each file holds."""
    return {
        str(found.relative_to(directory)): hashlib.sha256(found.read_bytes()).hexdigest()
        for found in sorted(directory.rglob("*"))
        if found.is_file()
    }


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def database(file: Path, *statements: str) -> None:
    """A database that something else made."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


if os.name == "posix":

    @pytest.fixture(params=[0o000, 0o022, 0o077])
    def umask(request: pytest.FixtureRequest) -> Generator[None]:
        before = os.umask(request.param)
        yield
        os.umask(before)

    @pytest.mark.usefixtures("umask")
    def test_files_and_directories_are_for_their_owner_alone(tmp_path: Path) -> None:
        file = tmp_path / "one" / "two" / "archive" / "calls.db"
        engine = open_sqlite(file)
        engine.put(SPACE, [call_of("one", 1)])
        found = {path.name: mode(path) for path in (tmp_path / "one").rglob("*")}
        engine.close()
        assert found == {
            "two": 0o700, "archive": 0o700, "calls.db": 0o600, "calls.db-wal": 0o600, "calls.db-shm": 0o600
        }  # fmt: skip
        assert mode(tmp_path / "one") == 0o700

    def test_a_file_and_an_archive_directory_that_others_may_read_are_closed_to_them(file: Path) -> None:
        fill(file, "one")
        file.chmod(0o644)
        file.parent.chmod(0o755)
        open_sqlite(file).close()
        assert (mode(file), mode(file.parent)) == (0o600, 0o700)

    def test_what_its_owner_made_read_only_stays_so(file: Path) -> None:
        fill(file, "one")
        file.chmod(0o444)
        file.parent.chmod(0o555)
        with suppress(ArchiveError):  # none for a user who may do anything
            open_sqlite(file).close()
        assert (mode(file), mode(file.parent)) == (0o400, 0o500)
        file.parent.chmod(0o700)

    def test_a_directory_that_was_there_and_is_called_otherwise_is_left_as_it_is(tmp_path: Path) -> None:
        shared = tmp_path / "shared"
        shared.mkdir()
        shared.chmod(0o755)
        open_sqlite(shared / "calls.db").close()
        assert mode(shared) == 0o755

    def test_a_file_set_aside_is_for_its_owner_alone(file: Path) -> None:
        file.parent.mkdir()
        file.write_bytes(b"garbage")
        file.chmod(0o644)
        open_sqlite(file).close()
        assert {mode(found) for found in file.parent.iterdir()} == {0o600}


def test_a_home_with_a_tilde_and_a_link_leads_to_the_real_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    engine = open_sqlite(Path("~/link/calls.db"))
    assert engine.state().place == str((tmp_path / "real" / "calls.db").resolve())
    engine.close()


def test_a_name_with_signs_that_mean_something_in_a_url_is_just_a_name(tmp_path: Path) -> None:
    file = tmp_path / "100% #1?mode=memory&x" / "calls.db"
    fill(file, "one")
    assert file.stat().st_size > 0


@pytest.mark.parametrize("place", ["a file/calls.db", "a file/below/calls.db", "a directory"])
def test_a_place_where_no_file_can_be_is_told_with_what_to_do(place: str, tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("x")
    (tmp_path / "a directory").mkdir()
    with pytest.raises(ArchiveError, match=r"cannot be at|is not a file") as raised:
        open_sqlite(tmp_path / place)
    assert "CALL_TRANSCRIPTS_ARCHIVE" in raised.value.hint
    assert (tmp_path / "a file").read_text() == "x"


def test_an_empty_file_is_a_new_archive(file: Path) -> None:
    file.parent.mkdir()
    file.touch()
    engine = open_sqlite(file)
    assert engine.notices == []
    assert engine.check() == []
    engine.close()


@pytest.mark.parametrize(
    ("statements", "name"),
    [
        (["CREATE TABLE notes (text)", "INSERT INTO notes VALUES ('mine')"], "calls.db"),
        (["CREATE TABLE notes (text)"], "other.db"),
        (["PRAGMA application_id = 7"], "calls.db"),
        (["PRAGMA journal_mode = WAL", "CREATE TABLE notes (text)"], "calls.db"),
        ([f"PRAGMA application_id = {APPLICATION_ID}", "CREATE TABLE notes (text)"], "calls.db"),
    ],
)
def test_a_database_of_others_is_refused_and_left_as_it_is(statements: list[str], name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    database(file, *statements)
    before = all_below(tmp_path)
    with pytest.raises(ArchiveError, match="call-transcripts-mcp did not make"):
        open_sqlite(file)
    assert all_below(tmp_path) == before
    with closing(sqlite3.connect(file)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master")]
    assert tables in ([], ["notes"])


def test_a_database_of_others_whose_tables_are_in_the_log_alone_is_left_as_it_is(tmp_path: Path) -> None:
    made, file = tmp_path / "made.db", tmp_path / "left" / "calls.db"
    file.parent.mkdir()
    with closing(sqlite3.connect(made, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("CREATE TABLE notes (text)")
        for side in ("", "-wal", "-shm"):  # as a crash leaves them
            shutil.copyfile(f"{made}{side}", f"{file}{side}")
    before = all_below(file.parent)
    with pytest.raises(ArchiveError, match="call-transcripts-mcp did not make"):
        open_sqlite(file)
    assert all_below(file.parent) == before


def test_a_file_of_another_name_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "thesis.doc"
    file.write_bytes(b"Chapter one. " * 1000)
    before = all_below(tmp_path)
    with pytest.raises(ArchiveError, match="call-transcripts-mcp did not make"):
        open_sqlite(file)
    assert all_below(tmp_path) == before


def test_a_newer_file_is_refused_and_left_as_it_is(file: Path) -> None:
    fill(file, "one")
    database(file, f"PRAGMA user_version = {len(STEPS) + 1}")
    before = all_below(file.parent)
    with pytest.raises(ArchiveError, match="newer version") as raised:
        open_sqlite(file)
    assert "Upgrade" in raised.value.hint
    assert all_below(file.parent) == before


def test_a_server_in_use_stops_writing_when_a_newer_version_has_changed_the_file(file: Path) -> None:
    engine = open_sqlite(file)
    engine.put(SPACE, [call_of("one", 1)])
    newer = SqliteEngine(file, Options(steps=(*STEPS, "CREATE TABLE extra (x);")))
    with pytest.raises(ArchiveError, match="newer version"):
        engine.put(SPACE, [call_of("two", 1)])
    assert names_in(newer) == ["one"]
    newer.close()
    engine.close()


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def overwritten_head(file: Path) -> None:
    file.write_bytes(b"\xff" * 100 + file.read_bytes()[100:])


def overwritten_tables(file: Path) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[:100] + b"\xff" * (4096 - 100) + whole[4096:])


def overwritten_whole(file: Path) -> None:
    file.write_bytes(b"\x7f" * file.stat().st_size)


def a_few_bytes(file: Path) -> None:
    file.write_bytes(b"SQLite format 3\0")


def ask_everything(engine: SqliteEngine) -> None:
    engine.calls(EVERYTHING)
    engine.failures(EVERYTHING, examples=0)
    engine.search((("table",),), EVERYTHING, LineFilter(), before=None, limit=1000)


DAMAGES = [cut_short, overwritten_head, overwritten_tables, overwritten_whole, a_few_bytes]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_set_aside_said_so_and_rebuilt(damage: Callable[[Path], None], file: Path) -> None:
    fill(file, "one", "two", "three")
    damage(file)
    damaged = file.read_bytes()

    engine = open_sqlite(file)
    if not engine.notices:  # the damage shows when what it hit is asked for
        with pytest.raises(ArchiveError, match="damaged while it was used"):
            ask_everything(engine)
    assert names_in(engine) == []
    engine.put(SPACE, [call_of("four", 1)])
    assert engine.check() == []
    engine.close()

    asides = [found for found in file.parent.iterdir() if ".damaged-" in found.name]
    assert [found.read_bytes() for found in asides] == [damaged]
    assert asides[0].name in " ".join(engine.notices)
    again = open_sqlite(file)
    assert (names_in(again), again.notices) == (["four"], [])
    again.close()


def test_a_damaged_file_of_ours_is_known_by_its_number_under_any_name(tmp_path: Path) -> None:
    file = tmp_path / "somewhere.sqlite"
    fill(file, "one")
    overwritten_tables(file)
    engine = open_sqlite(file)
    assert "set aside as somewhere.sqlite.damaged-" in engine.notices[0]
    engine.close()


MOUNTS = [
    Mount("/", "ext4", "rw,relatime"),
    Mount("/home", "nfs4", "rw,vers=4.2"),
    Mount("/home/kim/local", "xfs", "rw"),
    Mount("/mnt/c", "9p", "rw,aname=drvfs;path=C:\\,trans=fd"),
    Mount("/mnt/vm", "9p", "rw,trans=virtio"),
    Mount("/Volumes/team", "smbfs", "rw"),
    Mount("/cloud", "fuse.rclone", "rw"),
    Mount("/over", "cifs", "rw"),
    Mount("/over", "ext4", "rw"),
]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/calls.db", None),
        ("/home/kim/archive/calls.db", "nfs4"),
        ("/home/kim/local/archive/calls.db", None),
        ("/homework/calls.db", None),
        ("/mnt/c/Users/kim/calls.db", "drvfs"),
        ("/mnt/vm/calls.db", None),
        ("/Volumes/team/calls.db", "smbfs"),
        ("/cloud/calls.db", "fuse.rclone"),
        ("/over/calls.db", None),
    ],
)
def test_the_nearest_mount_tells_whether_a_path_is_on_a_network(path: str, kind: str | None) -> None:
    assert network_kind(Path(path), MOUNTS) == kind


def test_shares_of_windows_are_known_by_letter_and_by_name() -> None:
    mounts = [Mount("C:\\", "NTFS", "rw,fixed"), Mount("Z:\\", "NTFS", "rw,remote")]
    asked = ["C:\\Users\\kim\\calls.db", "Z:\\calls.db", "\\\\server\\share\\calls.db"]
    paths = [cast("Path", PureWindowsPath(path)) for path in asked]
    assert [network_kind(path, mounts) for path in paths] == [None, "NTFS", "remote"]


def test_a_network_file_system_is_refused_before_anything_is_made_and_the_way_out_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="network file system") as raised:
        make_ready(tmp_path / "archive" / "calls.db", [Mount(str(tmp_path.resolve()), "nfs", "rw")])
    assert "ClickHouse" in raised.value.hint
    assert list(tmp_path.iterdir()) == []


def test_this_machine_is_asked_for_its_mounts(tmp_path: Path) -> None:
    assert make_ready(tmp_path / "archive" / "calls.db") == tmp_path.resolve() / "archive" / "calls.db"
