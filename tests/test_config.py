"""config.py: where settings come from, and what is said of bad ones."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremble import config, sections
from tremble.errors import ConfigError


def load(directory: Path, environ: dict[str, str] | None = None, sets: tuple[str, ...] = ()):
    return config.load(directory, environ or {}, sets)


def test_defaults(tmp_path: Path) -> None:
    """Without a file everything has a value, and says that it is a default."""
    loaded = load(tmp_path)

    assert loaded.settings.server.port == 4433
    assert loaded.settings.web.port == 8433
    assert loaded.settings.match.time_limit_s == 600
    assert set(loaded.sources.values()) == {"default"}
    assert set(loaded.sources) == set(sections.KEYS)


def test_later_wins(tmp_path: Path) -> None:
    """File, then environment, then --set; each value knows its source."""
    (tmp_path / "server.toml").write_text(
        '[server]\nserver_name = "one" # a comment\nmax_players = 4\n[match]\nfrag_limit = 1\n'
    )

    loaded = load(
        tmp_path,
        {"TREMBLE_SERVER__MAX_PLAYERS": "5", "TREMBLE_MATCH__FRAG_LIMIT": "2", "HOME": "/"},
        ("match.frag_limit=3", "match.time_limit_s=1.5", "server.public=false"),
    )

    server, match = loaded.settings.server, loaded.settings.match
    assert (server.server_name, server.max_players, server.public) == ("one", 5, False)
    assert (match.frag_limit, match.time_limit_s) == (3, 1.5)
    assert loaded.sources["server.server_name"].endswith("server.toml")
    assert loaded.sources["server.max_players"] == "environment TREMBLE_SERVER__MAX_PLAYERS"
    assert loaded.sources["match.frag_limit"] == "--set"


def test_a_value_from_a_file(tmp_path: Path) -> None:
    """TREMBLE_SECTION__KEY_FILE names a file with the value: how containers are given secrets."""
    (tmp_path / "url").write_text("postgresql://tremble:s3cret@db/tremble\n")
    variable = "TREMBLE_STORE__URL_FILE"

    loaded = load(tmp_path, {variable: str(tmp_path / "url")})

    assert loaded.settings.store.url == "postgresql://tremble:s3cret@db/tremble"
    assert loaded.sources["store.url"] == f"environment {variable}"


def test_bad_values_from_files(tmp_path: Path) -> None:
    """No such file, no text, another value beside it, no such setting; a secret is not shown."""
    (tmp_path / "bad").write_bytes(b"\xff\n")
    (tmp_path / "secret").write_text("x" * 200)
    (tmp_path / "port").write_text("4434\n")
    environ = {
        "TREMBLE_STORE__URL_FILE": "/nowhere/url",
        "TREMBLE_RCON__PASSWORD_FILE": str(tmp_path / "bad"),
        "TREMBLE_SERVER__PASSWORD_FILE": str(tmp_path / "secret"),
        "TREMBLE_SERVER__PORT": "4433",
        "TREMBLE_SERVER__PORT_FILE": str(tmp_path / "port"),
        "TREMBLE_SERVER__PROT_FILE": "/nowhere/port",
    }

    found = config.problems(tmp_path, environ)

    said = "\n".join(found)
    assert len(found) == 5
    assert "TREMBLE_STORE__URL_FILE: /nowhere/url: No such file" in said
    assert "must be text in UTF-8" in said
    assert "TREMBLE_SERVER__PORT_FILE and TREMBLE_SERVER__PORT differ" in said
    assert "unknown setting server.prot_file" in said
    assert "server.password = (not shown)" in said and "xxx" not in said


def test_file_of_the_game_is_read_as_it_is(tmp_path: Path) -> None:
    """server_config.json, with whole numbers written as floats, works."""
    (tmp_path / "server_config.json").write_text(
        json.dumps({"port": 4500.0, "server_name": "Mine", "auto_restart": True, "public": False})
    )

    loaded = load(tmp_path)

    assert (loaded.settings.server.port, loaded.settings.server.server_name) == (4500, "Mine")
    assert loaded.settings.server.public is False
    assert loaded.settings.server.auto_restart is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "[match]\nfrag_limt = 5\n",
            "unknown setting match.frag_limt; did you mean match.frag_limit",
        ),
        ("[match]\nfrag_limit = -1\n", r"match.frag_limit = -1: Expected `int` >= 0"),
        ("[match]\nfrag_limit = '5'\n", "match.frag_limit = '5': Expected `int`, got `str`"),
        ("[server]\nport = 70000\n", "server.port = 70000: Expected `int` <= 65535"),
        ("port = 5\n", "port stands outside a section"),
        ("[server\n", "line 1"),
        ("[server]\ntick_rate = 50\n", "choose one of 10, 12, 15, 20, 30, 60"),
        ("[server]\nmax_ping = -1\n", "server.max_ping = -1: Expected `int` >= 0"),
        ("[server]\npacket_loss_threshold = 0\n", "packet_loss_threshold = 0"),
        ("[rotation]\nmaps = ['pit:soccer']\n", "rotation.maps = 'soccer': unknown mode"),
        ("[rotation]\norder = 'wild'\n", "rotation.order = 'wild'"),
        ("[server]\ngamemode = 'soccer'\n", "unknown mode; there are duel, ffa"),
        ("[match]\ntime_limit_s = 0\n", "a match would never end"),
        ("[match]\ntime_limit_s = nan\n", "match.time_limit_s"),
    ],
)
def test_bad_file_is_named(tmp_path: Path, text: str, expected: str) -> None:
    """Each fault names the setting and the value, most the file, and how to mend it."""
    (tmp_path / "server.toml").write_text(text)

    with pytest.raises(ConfigError) as caught:
        load(tmp_path)

    assert expected in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("environ", "sets", "expected"),
    [
        (
            {"TREMBLE_SERVER__PRT": "1"},
            (),
            "environment TREMBLE_SERVER__PRT: unknown setting server.prt",
        ),
        ({"TREMBLE_SERVER__PORT": "x"}, (), "server.port = 'x'"),
        ({}, ("server.port",), "write --set section.key=value"),
        ({}, ("server.port=",), "server.port = ''"),
        ({}, ("what=ever",), "unknown setting what"),
    ],
)
def test_bad_override_is_named(
    tmp_path: Path, environ: dict[str, str], sets: tuple[str, ...], expected: str
) -> None:
    """So do faults in the environment and on the command line."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, environ, sets)

    assert expected in str(caught.value)


@given(st.binary(max_size=200))
def test_any_file_loads_or_is_refused(tmp_path_factory, data: bytes) -> None:
    """Whatever the file holds: settings, or a ConfigError."""
    directory = tmp_path_factory.mktemp("any")
    (directory / "server.toml").write_bytes(data)

    try:
        load(directory)
    except ConfigError as error:
        assert str(directory) in str(error)


def test_directory_order(tmp_path: Path) -> None:
    """--dir, else TREMBLE_DIR, else the user's own data directory."""
    assert config.data_directory(str(tmp_path), {"TREMBLE_DIR": "/x"}) == tmp_path
    assert config.data_directory(None, {"TREMBLE_DIR": str(tmp_path)}) == tmp_path
    assert config.data_directory(None, {}).name == "tremble"


def test_schema_names_every_setting() -> None:
    """The JSON Schema has every section and key."""
    schema = json.loads(config.json_schema())

    for key in sections.KEYS:
        section, _, name = key.partition(".")
        definition = schema["$defs"][f"{section.title()}Section"]
        assert name in definition["properties"]


def test_password_is_not_shown(tmp_path: Path) -> None:
    """The URL of the database is shown without its password, and a bad one is not repeated."""
    good = load(tmp_path, sets=("store.url=postgresql://anna:s3cret@host:5432/db?password=s3cret",))

    assert config.value_shown(good.settings, "store.url") == "postgresql://anna@host:5432/db"
    assert config.value_shown(good.settings, "web.port") == 8433
    for bad in ("mysql://anna:s3cret@host/db", "postgresql://anna:s3/cret@host/db"):
        with pytest.raises(ConfigError) as caught:
            load(tmp_path, sets=(f"store.url={bad}",))
        assert "s3" not in str(caught.value)
    (tmp_path / "server.toml").write_text('[store]\nurl = ["s3cret"]\n')
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert "s3" not in str(caught.value)


#: The seed's ServerConfig as its save_to_file() writes it.
SEED = """{"server_name": "Tremble Server", "port": 4433, "max_players": 16, "gamemode": "duel",
"map": "arena_01", "password": "", "public": true, "auto_shutdown": false, "auto_restart": false,
"max_uptime_hours": 24.0, "backup_interval_minutes": 30.0, "tick_rate": 60, "max_ping": 200,
"packet_loss_threshold": 0.1, "enable_anti_cheat": true, "max_connections_per_ip": 1,
"rate_limit_requests": true}"""


def test_every_field_of_the_game_is_a_setting(tmp_path: Path) -> None:
    """The whole file of the game's ServerConfig is read, and each field has the value that it names."""
    (tmp_path / "server_config.json").write_text(SEED)

    loaded = load(tmp_path)

    for name, value in json.loads(SEED).items():
        assert getattr(loaded.settings.server, name) == value
        assert loaded.sources[f"server.{name}"].endswith("server_config.json")


def test_all_problems_are_told(tmp_path: Path) -> None:
    """problems() names each fault of each source; load() the first, and how many more there are."""
    (tmp_path / "server.toml").write_text("[server]\nport = 70000\nnme = 'x'\ntick_rate = 7\n")
    environ, sets = {"TREMBLE_WEB__PORT": "x"}, ("match.frag_limit=-1", "oops")

    found = config.problems(tmp_path, environ, sets)

    expected = ["server.port", "server.nme", "web.port", "match.frag_limit", "oops", "tick_rate"]
    assert [key in line for key, line in zip(expected, found, strict=True)] == [True] * 6
    with pytest.raises(ConfigError, match=r"server.port.*5 more: tremble config check"):
        load(tmp_path, environ, sets)
    assert config.problems(tmp_path / "nothing", {}) == []


def test_list_by_environment(tmp_path: Path) -> None:
    """Outside a file a list is written with commas."""
    loaded = load(tmp_path, {"TREMBLE_ROTATION__MAPS": "arena_01, pit:ffa"})

    assert loaded.settings.rotation.maps == ["arena_01", "pit:ffa"]
    assert [config.entry_of(text) for text in loaded.settings.rotation.maps] == [
        ("arena_01", ""), ("pit", "ffa"),
    ]  # fmt: skip


def test_changes_hide_secrets(tmp_path: Path) -> None:
    """The difference of two settings names what changed; a password is not in it."""
    old = load(tmp_path).settings
    new = load(tmp_path, sets=("server.password=s3cret", "match.frag_limit=7")).settings

    found = config.changes(old, new)

    assert [(c.key, c.old, c.new) for c in found] == [
        ("match.frag_limit", 0, 7), ("server.password", "", "(not shown)"),
    ]  # fmt: skip
    assert config.keeping(old, new, ["match.frag_limit"]).match.frag_limit == 0
    assert config.keeping(old, new, ["match.frag_limit"]).server.password == "s3cret"
