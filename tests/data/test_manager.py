"""DataManager: the functions and signals of the first sketch, and what stands at the paths."""

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest
from data.conftest import Clock, Notes
from data.strategies import BY_TYPE, any_json, paths_of, typed_documents
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tremble
from tremble.data import codec, documents
from tremble.data import manager as manager_module
from tremble.data.backups import Keep, digest_of
from tremble.data.documents import DataType, Document
from tremble.data.manager import DataManager
from tremble.errors import AlreadyRunning

STATS = DataType.PLAYER_STATS
SETTINGS = DataType.SETTINGS

#: The defaults as the first sketch of the game has them, word by word.
SKETCH_STATS = {
    "version": "1.0",
    "player_id": "",
    "username": "",
    "stats": {
        "matches_played": 0,
        "wins": 0,
        "losses": 0,
        "kills": 0,
        "deaths": 0,
        "accuracy": 0.0,
        "playtime_hours": 0.0,
    },
    "rating": {"current": 1500.0, "deviation": 350.0, "volatility": 0.06},
}
SKETCH_SETTINGS = {
    "version": "1.0",
    "graphics": {
        "resolution": "1920x1080",
        "fullscreen": False,
        "vsync": True,
        "fov": 120.0,
        "quality": "high",
    },
    "audio": {"master_volume": 1.0, "music_volume": 0.5, "sfx_volume": 1.0},
    "controls": {"mouse_sensitivity": 1.0, "invert_y": False, "key_bindings": {}},
    "network": {"max_ping": 100, "auto_reconnect": True},
}


def with_wins(manager: DataManager, wins: int) -> documents.PlayerStats:
    document = manager.get_default_data(STATS)
    assert isinstance(document, documents.PlayerStats)
    document.stats.wins = wins
    return document


def wins_at(manager: DataManager) -> int:
    return manager.load_data(STATS).stats.wins


# The functions and signals of the sketch, by their names


def test_setup_data_directories(manager: DataManager, folder: Path) -> None:
    """The sketch's folders are made, and leftovers of a crash are cleared away."""
    (folder / "temp" / "settings.tmp").write_bytes(b"half")

    manager.setup_data_directories()

    assert {"backups", "logs", "temp"} <= {p.name for p in folder.iterdir() if p.is_dir()}
    assert list((folder / "temp").iterdir()) == []


def test_ready(folder: Path) -> None:
    """A new manager is ready: folders made, lock taken, first load gives defaults."""
    with DataManager(folder) as opened:
        assert opened.load_data(SETTINGS) == opened.get_default_data(SETTINGS)


def test_save_data(manager: DataManager, folder: Path) -> None:
    """A save returns True, and the file is JSON with tabs under the sketch's name."""
    saved = manager.save_data(STATS, with_wins(manager, 3))

    text = (folder / "player_stats.json").read_text()
    assert saved
    assert '\n\t"stats": {\n\t\t"matches_played": 0,\n\t\t"wins": 3,\n' in text


def test_save_data_takes_a_dictionary(manager: DataManager) -> None:
    """A plain dictionary, as the sketch has it, is saved like a document."""
    assert manager.save_data(SETTINGS, SKETCH_SETTINGS)
    assert msgspec.to_builtins(manager.load_data(SETTINGS)) == SKETCH_SETTINGS


def test_load_data(manager: DataManager, folder: Path) -> None:
    """The first load saves and returns the defaults; later loads return what is saved."""
    first = manager.load_data(STATS)
    manager.save_data(STATS, with_wins(manager, 8))

    assert first.stats.wins == 0
    assert wins_at(manager) == 8
    assert (folder / "player_stats.json").exists()


def test_load_all_data(manager: DataManager) -> None:
    """All six documents load at once."""
    loaded = manager.load_all_data()

    assert [type(d) for d in loaded.values()] == list(documents.CLASSES.values())


def test_validate_data(manager: DataManager) -> None:
    """What could be saved is valid; what could not is refused with every wrong place named."""
    broken = {**SKETCH_SETTINGS, "network": {"max_ping": "far", "auto_reconnect": 1}}

    assert manager.validate_data(SETTINGS, SKETCH_SETTINGS)
    assert not manager.validate_data(SETTINGS, broken)
    assert str(manager.last_error) == (
        'settings: $.network.max_ping: expected integer, found "far"; '
        "$.network.auto_reconnect: expected boolean, found 1"
    )


def test_get_default_data(manager: DataManager) -> None:
    """The defaults are exactly the sketch's."""
    stats = msgspec.to_builtins(manager.get_default_data(STATS))
    updated = stats.pop("last_updated")

    assert stats == SKETCH_STATS
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", updated)
    assert msgspec.to_builtins(manager.get_default_data(SETTINGS)) == SKETCH_SETTINGS


@pytest.mark.parametrize("data_type", DataType)
def test_create_backup(manager: DataManager, folder: Path, data_type: DataType) -> None:
    """All six types can be backed up, and one content is kept once."""
    manager.load_data(data_type)

    assert manager.create_backup(data_type)
    assert manager.create_backup(data_type)
    assert len(manager.list_backups(data_type)) == 1


def test_create_backup_of_nothing(manager: DataManager) -> None:
    """Without a file there is nothing to back up."""
    assert not manager.create_backup(STATS)


@pytest.mark.parametrize("data_type", DataType)
def test_restore_from_backup(manager: DataManager, folder: Path, data_type: DataType) -> None:
    """All six types can be restored after their file was destroyed."""
    document = manager.load_data(data_type)
    (folder / f"{data_type.value}.json").write_bytes(b"\0\0\0")

    assert manager.restore_from_backup(data_type)
    assert manager.load_data(data_type) == document


def test_restore_from_backup_takes_back_a_save(manager: DataManager) -> None:
    """With a good file, the save before it comes back; once more undoes that."""
    manager.save_data(STATS, with_wins(manager, 1))
    manager.save_data(STATS, with_wins(manager, 2))

    assert manager.restore_from_backup(STATS)
    assert wins_at(manager) == 1
    assert manager.restore_from_backup(STATS)
    assert wins_at(manager) == 2


def test_restore_from_backup_by_choice(manager: DataManager) -> None:
    """Any generation can be chosen."""
    for wins in range(1, 6):
        manager.save_data(STATS, with_wins(manager, wins))
    oldest = manager.list_backups(STATS)[-1]

    assert manager.restore_from_backup(STATS, oldest)
    assert wins_at(manager) == 1


def test_restore_from_backup_without_one(manager: DataManager) -> None:
    """With no backup nothing changes, and the answer is False."""
    assert not manager.restore_from_backup(STATS)
    assert "no other valid backup" in str(manager.last_error)


def test_data_saved(manager: DataManager, notes: Notes) -> None:
    """`data_saved` names the type as the sketch does, and says whether it worked."""
    manager.save_data(STATS, with_wins(manager, 1))

    assert notes.lines == [("data_saved", "PLAYER_STATS", True)]


def test_data_loaded(manager: DataManager, notes: Notes) -> None:
    """`data_loaded` tells of each load."""
    manager.save_data(STATS, with_wins(manager, 1))
    manager.load_data(STATS)

    assert notes.lines[-1] == ("data_loaded", "PLAYER_STATS", True)


def test_data_corrupted(manager: DataManager, notes: Notes, folder: Path) -> None:
    """`data_corrupted` names type, JSON path, expected and found, and what was done."""
    manager.save_data(STATS, with_wins(manager, 7))
    text = (folder / "player_stats.json").read_text()
    (folder / "player_stats.json").write_text(text.replace('"wins": 7', '"wins": "seven"'))

    assert wins_at(manager) == 7
    (error,) = notes.of("data_corrupted")
    assert re.fullmatch(
        r'player_stats: \$\.stats\.wins: expected integer, found "seven"; '
        r"kept as corrupt/player_stats\.[0-9a-f]{32}\.json; "
        r"restored the backup of 2026-11-22T12:00:\d\dZ",
        str(error),
    )


def test_data_corrupted_by_a_bad_save(manager: DataManager, notes: Notes) -> None:
    """A save of invalid data is refused, told, and leaves the file alone."""
    manager.save_data(STATS, with_wins(manager, 7))

    assert not manager.save_data(STATS, with_wins(manager, -1))
    assert notes.of("data_corrupted") == [
        "player_stats: $.stats.wins: expected 0 or more, found -1"
    ]
    assert wins_at(manager) == 7


# What stands at the path


def a_folder(path: Path) -> None:
    path.mkdir()
    (path / "inside").write_text("precious")


def a_link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def a_link_to_zeros(path: Path) -> None:
    path.symlink_to("/dev/zero")


def a_giant(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


BAD: dict[str, bytes] = {
    "empty": b"",
    "zeros": bytes(4096),
    "truncated": b'{"version": "1.0", "player_id": "", "usern',
    "not UTF-8": b'{"version": "1.0", "username": "\xff\xfe"}',
    "an array": b"[]",
    "null": b"null",
    "a number": b"1e999",
    "no fields": b'{"version": "1.0"}',
    "wrong type of version": b'{"version": 1}',
    "not a version": b'{"version": "new"}',
    "nested too deep": b'{"version":' + b"[" * 100_000,
    "not JSON": b"<html>Sorry</html>",
}
KINDS = {
    "a folder": a_folder,
    "a symbolic link": a_link_to_itself,
    "a link to a device": a_link_to_zeros,
    "a pipe": os.mkfifo,
    "a giant": a_giant,
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_bad_content_is_kept_and_restored(
    manager: DataManager, notes: Notes, folder: Path, content: bytes
) -> None:
    """Bad bytes are kept aside with the reason, the newest backup comes back, one signal tells."""
    manager.save_data(STATS, with_wins(manager, 6))
    manager.save_data(STATS, with_wins(manager, 7))
    (folder / "player_stats.json").write_bytes(content)

    assert wins_at(manager) == 7
    kept = [p for p in (folder / "corrupt").iterdir() if p.suffix == ".json"]
    assert [p.read_bytes() for p in kept] == [content]
    assert "expected" in kept[0].with_name(kept[0].name + ".reason.txt").read_text()
    assert len(notes.of("data_corrupted")) == 1
    assert codec.decode(STATS, (folder / "player_stats.json").read_bytes())


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())
def test_other_things_at_the_path(
    manager: DataManager, notes: Notes, folder: Path, make: object
) -> None:
    """A folder, link, pipe or giant neither blocks nor is followed: it is moved aside."""
    assert callable(make)
    manager.save_data(STATS, with_wins(manager, 7))
    path = folder / "player_stats.json"
    path.unlink()
    make(path)

    assert wins_at(manager) == 7
    assert path.is_file() and not path.is_symlink()
    assert len([p for p in (folder / "corrupt").iterdir() if p.suffix == ".json"]) == 1
    assert len(notes.of("data_corrupted")) == 1


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())
def test_saving_over_other_things(
    manager: DataManager, notes: Notes, folder: Path, make: object
) -> None:
    """A save moves what is no file aside instead of failing or destroying it."""
    assert callable(make)
    make(folder / "player_stats.json")

    assert manager.save_data(STATS, with_wins(manager, 7))
    assert wins_at(manager) == 7
    assert len([p for p in (folder / "corrupt").iterdir() if p.suffix == ".json"]) == 1


def test_unknown_field(manager: DataManager, notes: Notes, folder: Path) -> None:
    """An unknown field is named together with those that are known, and the file is kept."""
    manager.load_data(SETTINGS)
    path = folder / "settings.json"
    path.write_text(path.read_text().replace('"vsync"', '"vsink"'))

    assert manager.load_data(SETTINGS).graphics.vsync
    (error,) = notes.of("data_corrupted")
    assert "$.graphics.vsink: expected one of resolution, fullscreen, vsync, fov, quality" in str(
        error
    )


def test_missing_file_with_a_backup(manager: DataManager, notes: Notes, folder: Path) -> None:
    """A file that is gone comes back from its backup: defaults never take its place."""
    manager.save_data(STATS, with_wins(manager, 7))
    (folder / "player_stats.json").unlink()

    assert wins_at(manager) == 7
    assert "expected a file, found nothing" in str(notes.of("data_corrupted")[0])


def test_defaults_only_without_a_backup(manager: DataManager, notes: Notes, folder: Path) -> None:
    """A bad file with no backup is kept, the defaults are returned, and the signals say so."""
    (folder / "player_stats.json").write_bytes(b"{}")

    assert wins_at(manager) == 0
    assert "no valid backup: defaults" in str(notes.of("data_corrupted")[0])
    assert notes.of("data_loaded") == [False]
    assert len(list((folder / "corrupt").glob("player_stats.*.json"))) == 1


def test_bad_backups_are_passed_over(manager: DataManager, folder: Path) -> None:
    """A generation whose content does not fit its checksum is never restored."""
    for wins in (1, 2, 3):
        manager.save_data(STATS, with_wins(manager, wins))
    newest, second, _ = manager.list_backups(STATS)
    changed = (folder / "backups" / newest.name).read_bytes().replace(b'"wins": 3', b'"wins": 9')
    (folder / "backups" / newest.name).write_bytes(changed)
    (folder / "backups" / second.name).unlink()
    (folder / "backups" / second.name).mkdir()
    (folder / "player_stats.json").unlink()

    assert wins_at(manager) == 1


def test_backup_of_the_sketch(manager: DataManager, folder: Path) -> None:
    """The single backup that the sketch wrote is restored when there is no better one."""
    content = codec.encode(STATS, with_wins(manager, 4))
    (folder / "backups" / "player_stats_backup.json").write_bytes(content)

    assert wins_at(manager) == 4


def test_edited_by_hand(manager: DataManager, notes: Notes, folder: Path) -> None:
    """A valid edit by hand is taken, backed up at the load, and survives a broken second edit."""
    manager.load_data(SETTINGS)
    path = folder / "settings.json"
    path.write_text(path.read_text().replace("120.0", "95"))
    edited = manager.load_data(SETTINGS)
    path.write_text(path.read_text().replace("95", "95,"))

    assert edited.graphics.fov == 95.0
    assert manager.load_data(SETTINGS) == edited
    assert len(notes.of("data_corrupted")) == 1


def test_saved_over_an_edit(manager: DataManager, folder: Path) -> None:
    """A valid file that somebody else wrote in between becomes a backup before it is replaced."""
    manager.save_data(STATS, with_wins(manager, 1))
    (folder / "player_stats.json").write_bytes(codec.encode(STATS, with_wins(manager, 50)))
    manager.save_data(STATS, with_wins(manager, 2))

    assert manager.restore_from_backup(STATS)
    assert wins_at(manager) == 50


def test_marked_by_notepad(manager: DataManager, notes: Notes, folder: Path) -> None:
    """A byte order mark, as some editors write, does no harm."""
    manager.save_data(STATS, with_wins(manager, 7))
    path = folder / "player_stats.json"
    path.write_bytes(codec.BOM + path.read_bytes())

    assert wins_at(manager) == 7
    assert notes.of("data_corrupted") == []


def test_newer_version_is_read_only(manager: DataManager, notes: Notes, folder: Path) -> None:
    """A newer file is read as far as it is understood, never written, never moved."""
    newer = {**SKETCH_SETTINGS, "version": "1.1", "haptics": {"on": True}}
    newer["audio"] = {"master_volume": 0.25, "music_volume": "spatial", "sfx_volume": 0.75}
    newer["network"] = {"max_ping": 60, "auto_reconnect": False, "region": "eu"}
    content = msgspec.json.encode(newer)
    (folder / "settings.json").write_bytes(content)

    loaded = manager.load_data(SETTINGS)

    assert loaded.network == documents.Network(60, False)
    assert loaded.audio == documents.Audio(0.25, 0.5, 0.75)
    assert not manager.save_data(SETTINGS, loaded)
    assert "newer than 1.0" in str(manager.last_error)
    assert not manager.restore_from_backup(SETTINGS)
    # What can never be written is given up at once, not tried for ever.
    assert manager.save_later(SETTINGS, loaded)
    assert not manager.flush()
    assert manager.flush()
    assert (folder / "settings.json").read_bytes() == content
    assert notes.of("data_loaded") == [False]


def test_backup_of_a_newer_version(manager: DataManager, notes: Notes, folder: Path) -> None:
    """A backup of a newer release is neither restored here nor buried under an older one."""
    manager.save_data(STATS, with_wins(manager, 7))
    newer = b'{"version": "2.0"}'
    name = f"player_stats_backup.000002.20261122T130000Z.{digest_of(newer)}.json"
    (folder / "backups" / name).write_bytes(newer)
    (folder / "player_stats.json").unlink()

    document = manager.load_data(STATS)

    assert notes.of("data_loaded") == [False]
    assert not manager.save_data(STATS, document)
    assert not manager.restore_from_backup(STATS)
    assert "newer than 1.0" in str(manager.last_error)
    assert not (folder / "player_stats.json").exists()
    assert manager.restore_from_backup(STATS, manager.list_backups(STATS)[1])
    assert wins_at(manager) == 7


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_json_in_any_file(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Any JSON in any file, whole or in any place of it: a valid document and a signal."""
    data_type = data.draw(st.sampled_from(DataType))
    path = data.draw(st.sampled_from(paths_of(data_type)))
    value = data.draw(any_json)
    with DataManager(tmp_path_factory.mktemp("any"), durable=False) as manager:
        raw = msgspec.to_builtins(manager.get_default_data(data_type))
        content = msgspec.json.encode(put(raw, path, value))
        (manager.folder / f"{data_type.value}.json").write_bytes(content)
        notes = Notes(manager)

        document = manager.load_data(data_type)

        assert manager.validate_data(data_type, document)
        assert [line[:2] for line in notes.lines][-1] == ("data_loaded", data_type.name)


def put(raw: dict[str, object], path: tuple[str, ...], value: object) -> object:
    """Return *raw* with *value* at *path*."""
    if not path:
        return value
    inner = raw[path[0]]
    if len(path) > 1:
        assert isinstance(inner, dict)
        value = put(inner, path[1:], value)
    return {**raw, path[0]: value}


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=200), data_type=st.sampled_from(DataType))
def test_any_bytes_in_any_file(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, data_type: DataType
) -> None:
    """Any bytes at all: a valid document and a signal, no error."""
    with DataManager(tmp_path_factory.mktemp("any"), durable=False) as manager:
        (manager.folder / f"{data_type.value}.json").write_bytes(content)
        notes = Notes(manager)

        assert manager.validate_data(data_type, manager.load_data(data_type))
        assert notes.lines


@settings(max_examples=150, deadline=None)
@given(typed=typed_documents)
def test_save_then_load_is_identity(
    tmp_path_factory: pytest.TempPathFactory, typed: tuple[DataType, Document]
) -> None:
    """What is saved is what is loaded, for every valid document."""
    with DataManager(tmp_path_factory.mktemp("same"), durable=False) as manager:
        assert manager.save_data(*typed)
        assert manager.load_data(typed[0]) == typed[1]


def test_every_type_has_a_strategy() -> None:
    """No document is left out of the properties above."""
    assert set(BY_TYPE) == set(DataType)


# One process at a time, many saves in one frame, the end of the process


def test_second_process(folder: Path) -> None:
    """A second manager that wants to save is refused; one that only reads is not."""
    with DataManager(folder) as first:
        first.save_data(STATS, with_wins(first, 3))
        with pytest.raises(AlreadyRunning, match="close the other game"):
            DataManager(folder)
        with DataManager(folder, read_only=True) as reader:
            assert wins_at(reader) == 3
            assert not reader.save_data(STATS, with_wins(reader, 4))
            assert not reader.save_later(STATS, with_wins(reader, 4))
            assert "read-only" in str(reader.last_error)
    with DataManager(folder) as second:
        assert wins_at(second) == 3


def test_read_only_touches_nothing(folder: Path) -> None:
    """A read-only manager restores in memory alone: no file is made, moved or changed."""
    with DataManager(folder) as first:
        first.save_data(STATS, with_wins(first, 3))
    (folder / "player_stats.json").write_bytes(b"{")
    before = {p: p.stat().st_mtime_ns for p in folder.rglob("*")}

    with DataManager(folder, read_only=True) as reader:
        loaded = {data_type: reader.load_data(data_type) for data_type in DataType}

    assert loaded[STATS] == with_wins_as(loaded[STATS], 3)
    assert {p: p.stat().st_mtime_ns for p in folder.rglob("*")} == before


def with_wins_as(document: Document, wins: int) -> Document:
    assert isinstance(document, documents.PlayerStats)
    return msgspec.structs.replace(
        document, stats=msgspec.structs.replace(document.stats, wins=wins)
    )


def test_save_later_coalesces(manager: DataManager, notes: Notes) -> None:
    """Many saves in one frame become one write of the newest."""
    for wins in range(100):
        assert manager.save_later(STATS, with_wins(manager, wins))
    assert notes.lines == []

    assert manager.flush()
    assert notes.lines == [("data_saved", "PLAYER_STATS", True)]
    assert len(manager.list_backups(STATS)) == 1
    assert wins_at(manager) == 99


def test_save_later_keeps_what_it_was_given(manager: DataManager) -> None:
    """What is saved is the document at the time of the call, not what became of it."""
    document = with_wins(manager, 1)
    manager.save_later(STATS, document)
    document.stats.wins = 2
    manager.flush()

    assert wins_at(manager) == 1


def test_save_later_is_seen_by_load(manager: DataManager) -> None:
    """A load returns what was given to `save_later` before it."""
    manager.save_later(STATS, with_wins(manager, 5))

    assert wins_at(manager) == 5


def test_save_later_refuses_bad_data(manager: DataManager, notes: Notes) -> None:
    """Invalid data is refused at once and leaves what waits."""
    manager.save_later(STATS, with_wins(manager, 5))

    assert not manager.save_later(STATS, with_wins(manager, -5))
    assert wins_at(manager) == 5
    assert len(notes.of("data_corrupted")) == 1


def test_save_later_writes_by_itself(manager: DataManager) -> None:
    """Nobody needs to ask: the writer's thread saves, and tells from there."""
    done = threading.Event()
    threads: list[str] = []

    def on_saved(sender: DataManager, data_type: str, success: bool) -> None:
        threads.append(threading.current_thread().name)
        done.set()

    manager.data_saved.connect(on_saved)
    manager.save_later(STATS, with_wins(manager, 5))

    assert done.wait(60)
    assert threads == ["tremble-save-later"]


def test_save_later_survives_a_bad_receiver(
    manager: DataManager, caplog: pytest.LogCaptureFixture
) -> None:
    """A receiver that raises is logged, and the next save still happens by itself."""
    calls = threading.Semaphore(0)

    def on_saved(sender: DataManager, data_type: str, success: bool) -> None:
        calls.release()
        raise RuntimeError("receiver")

    manager.data_saved.connect(on_saved)
    for wins in (1, 2):
        manager.save_later(STATS, with_wins(manager, wins))
        assert calls.acquire(timeout=60)
    manager.data_saved.disconnect(on_saved)

    assert wins_at(manager) == 2
    assert "receiver" in caplog.text


def test_save_later_at_exit(folder: Path) -> None:
    """A process that simply ends has saved."""
    script = (
        "import sys; from tremble import DataManager, DataType; m = DataManager(sys.argv[1]); "
        "d = m.load_data(DataType.PLAYER_STATS); d.stats.wins = 9; "
        "m.save_later(DataType.PLAYER_STATS, d)"
    )
    subprocess.run([sys.executable, "-c", script, str(folder)], check=True, timeout=60)

    with DataManager(folder) as manager:
        assert wins_at(manager) == 9


def test_closed(folder: Path) -> None:
    """A closed manager says so instead of losing a save silently."""
    manager = DataManager(folder)
    manager.save_later(STATS, with_wins(manager, 2))
    assert manager.close()

    assert not manager.save_data(STATS, with_wins(manager, 3))
    assert not manager.save_later(STATS, with_wins(manager, 3))
    assert "closed" in str(manager.last_error)
    assert wins_at(manager) == 2


def test_close_from_a_receiver(folder: Path) -> None:
    """A receiver may close the manager, even from the writer's thread."""
    manager = DataManager(folder, durable=False)
    closed = threading.Event()

    def on_saved(sender: DataManager, data_type: str, success: bool) -> None:
        sender.close()
        closed.set()

    manager.data_saved.connect(on_saved)
    manager.save_later(STATS, with_wins(manager, 2))

    assert closed.wait(60)
    manager.close()


def test_many_threads(manager: DataManager) -> None:
    """Threads that save and load at once never see half of anything."""
    wrong: list[object] = []
    manager.data_corrupted.connect(lambda sender, **kw: wrong.append(kw), weak=False)

    def work(first: int) -> None:
        for wins in range(first, first + 20):
            if not manager.save_data(STATS, with_wins(manager, wins)):
                wrong.append(manager.last_error)
            manager.load_data(STATS)

    threads = [threading.Thread(target=work, args=(n * 1000,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert wins_at(manager) % 1000 == 19


def test_generations_are_kept_as_asked(folder: Path, clock: Clock) -> None:
    """Count and age of the generations are the caller's choice."""
    with DataManager(folder, Keep(newest=3, days=0), durable=False, clock=clock) as manager:
        for wins in range(10):
            manager.save_data(STATS, with_wins(manager, wins))

        assert len(manager.list_backups(STATS)) == 3


def test_default_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """TREMBLE_DIR names the folder; else it is the user's."""
    monkeypatch.setenv("TREMBLE_DIR", str(tmp_path / "here"))
    named = manager_module.default_folder()
    monkeypatch.delenv("TREMBLE_DIR")

    assert named == tmp_path / "here"
    assert manager_module.default_folder().name == "tremble"


def test_public_names() -> None:
    """`tremble.DataManager` and its kin are there, and cost nothing until asked for."""
    script = "import sys, tremble; print('tremble.data' in sys.modules, 'msgspec' in sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, timeout=60
    )

    assert tremble.DataManager is DataManager
    assert tremble.DataType is DataType
    assert tremble.PlayerStatsManager.__module__ == "tremble.data.stats"
    assert tremble.LeaderboardManager.__module__ == "tremble.data.leaderboard"
    assert set(tremble.PUBLIC) <= set(dir(tremble))
    assert found.stdout.split() == [b"False", b"False"]
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        tremble.nothing  # noqa: B018


def test_the_folder_may_vanish(manager: DataManager, folder: Path) -> None:
    """A folder deleted while the game runs is made anew by the next save."""
    import shutil

    manager.save_data(STATS, with_wins(manager, 1))
    shutil.rmtree(folder)

    assert manager.save_data(STATS, with_wins(manager, 2))
    assert wins_at(manager) == 2


def test_time_goes_on() -> None:
    """The default clock is the present, with its zone."""
    assert abs(manager_module.utc_now().timestamp() - time.time()) < 60
