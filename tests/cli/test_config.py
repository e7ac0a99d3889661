"""cli/config.py: show, check, schema and init, as they are typed."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from e2e.processes import run, write_pit

from tremble import config, sections
from tremble.cli.config_text import template


def test_show_names_each_source(tmp_path: Path) -> None:
    """Value and source of every setting, as JSON; the password is not shown."""
    (tmp_path / "server.toml").write_text('[server]\nserver_name = "Mine"\npassword = "s3cret"\n')

    ran = run(
        "config", "show", "--json", "--dir", str(tmp_path), "--set", "match.frag_limit=5",
        environ={"TREMBLE_SERVER__MAX_PING": "90"},
    )  # fmt: skip

    rows = json.loads(ran.stdout)
    assert set(rows) == set(sections.KEYS)
    assert rows["server.server_name"] == {"value": "Mine", "source": str(tmp_path / "server.toml")}
    assert rows["server.max_ping"]["source"] == "environment TREMBLE_SERVER__MAX_PING"
    assert rows["match.frag_limit"] == {"value": 5, "source": "--set"}
    assert rows["web.port"]["source"] == "default"
    assert "s3cret" not in ran.stdout


def test_check_lists_all_problems(tmp_path: Path) -> None:
    """Every fault has its line and the exit code is 2; a missing map of the rotation is one too."""
    (tmp_path / "server.toml").write_text("[server]\nprt = 1\nmax_ping = -1\n")
    bad = run("config", "check", "--dir", str(tmp_path), "--set", "match.frag_limit=x")
    (tmp_path / "server.toml").write_text('[rotation]\nmaps = ["arena_01", "gone", "lost:ffa"]\n')
    maps = run("config", "check", "--dir", str(tmp_path))

    assert (bad.returncode, maps.returncode) == (2, 2)
    assert [line.partition(":")[0] for line in bad.stderr.splitlines()] == ["error"] * 3
    assert "did you mean server.port" in bad.stderr
    assert "'gone'" in maps.stderr and "'lost'" in maps.stderr


def test_check_says_that_all_is_well(tmp_path: Path) -> None:
    """Good settings: one line, exit 0."""
    write_pit(tmp_path)

    ran = run("config", "check", "--dir", str(tmp_path), "--set", "rotation.maps=pit:ffa")

    assert ran.returncode == 0, ran.stderr
    assert "pit has 4 spawn points" in ran.stdout


def test_init_writes_every_setting_once(tmp_path: Path) -> None:
    """The file is TOML with every setting at its default, explained; it is not written over."""
    first = run("config", "init", "--dir", str(tmp_path))
    again = run("config", "init", "--dir", str(tmp_path))
    text = (tmp_path / "server.toml").read_text()
    active = re.sub(r"^# (?=[a-z_]+ = )", "", text, flags=re.MULTILINE)

    assert (first.returncode, again.returncode) == (0, 2)
    assert "--force" in again.stderr
    assert config.load(tmp_path, {}).settings == sections.Settings()
    assert tomllib.loads(active) == json.loads(json.dumps(all_defaults()))
    assert text == template()


def all_defaults() -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for key in sections.KEYS:
        section, _, name = key.partition(".")
        found.setdefault(section, {})[name] = config.value_of(sections.Settings(), key)
    return found


def tried(tmp_path: Path, text: str) -> Any:
    (tmp_path / "new.toml").write_text(text)
    ran = run(
        "config", "try", str(tmp_path / "new.toml"), "--dir", str(tmp_path),
        environ={"TREMBLE_MATCH__FRAG_LIMIT": "9"},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_try_tells_what_would_come_of_a_file(tmp_path: Path) -> None:
    """What changes against the file that is there, and whether it waits for a restart; or what is wrong."""
    (tmp_path / "server.toml").write_text("[match]\nfrag_limit = 5\n[rcon]\npassword = 'old'\n")

    good = tried(
        tmp_path, "[match]\nfrag_limit = 6\n[server]\nport = 5000\n[rcon]\npassword = 'new'\n"
    )
    bad = tried(tmp_path, "[match]\nfrag_limt = 6\n[server]\nmax_ping = -1\n")

    assert good["problems"] == []
    assert {(c["key"], c["old"], c["new"], c["restart"]) for c in good["changes"]} == {
        ("match.frag_limit", 5, 6, False),
        ("rcon.password", "(not shown)", "(not shown)", True),
        ("server.port", 4433, 5000, True),
    }
    assert len(bad["problems"]) == 2 and bad["changes"] == []
    assert bad["problems"][0].startswith("server.toml: unknown setting match.frag_limt; did you")
    assert "there is no map 'gone'" in tried(tmp_path, "[server]\nmap = 'gone'\n")["problems"][0]
    assert "5" in (tmp_path / "server.toml").read_text()
