"""Every operation of the document, asked with what it describes and with what it does not.

Schemathesis makes the requests from the document alone and runs all of its checks: no answer that
is not described, no good answer to a bad request, nothing 5xx, nothing open that should be closed.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from time import sleep

import pytest
import uvicorn
from clients import Client, trust
from openapi_spec_validator import OpenAPIV31SpecValidator
from results import result
from stores import fresh

from tremble import ledger, token
from tremble.store import api_keys
from tremble.store.engine import Store
from tremble.web import limits, listen
from tremble.web.app import create_app
from tremble.web.limits import Rule
from tremble.web.signed_in import now

HOOKS = Path(__file__).parents[1] / "fuzz" / "sign_in.py"
#: The tests ask more often than any player may.
RULES = ("WRITES", "SAVES", "UNSIGNED", "RESULTS", "SIGN_INS", "PASSWORDS", "GUESSES", "HEARTBEATS")


class Served:
    """The application on a port of its own, in a thread."""

    def __init__(self, store: Store, directory: Path) -> None:
        app = create_app(store, directory)
        listener = listen.bind("127.0.0.1", 0)
        config = uvicorn.Config(app, log_config=None, lifespan="on", http="httptools")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, args=([listener],))
        self.thread.start()
        while not self.server.started:
            sleep(0.01)
        self.url = f"http://{listen.address(listener)}"
        # Streams tell what was missed and end, as they do when the process does.
        app.state.tail.close()
        ident = token.new_id(16)
        self.key = token.new_token(token.API_KEY, ident)
        row = ident, token.digest(self.key), "fuzz", list(api_keys.SCOPES), now()
        store.write(api_keys.add, *row).result()

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """The application on a record of three matches, with limits that nobody reaches."""
    trust(tmp_path)
    with pytest.MonkeyPatch.context() as patch, fresh(tmp_path / "tremble.db") as store:
        for name in RULES:
            patch.setattr(limits, name, Rule(name.lower(), 10**9, 0.001))
        for number in (1, 2, 3):
            ledger.post(store, result(number))
        running = Served(store, tmp_path)
        yield running
        running.close()


def fuzz(served: Served, directory: Path, *arguments: str) -> None:
    """Let schemathesis ask *served*; fail with what it says."""
    command = [
        sys.executable,
        "-m",
        "schemathesis.cli",
        "--config-file",
        str(HOOKS.parent / "schemathesis.toml"),
        "run",
        f"{served.url}/openapi.json",
    ]
    command += ["--checks", "all", "--generation-database", "none", "--no-color", *arguments]
    command += ["--suppress-health-check", "all", "--continue-on-failure"]
    environ = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": str(HOOKS),
        "FUZZ_URL": served.url,
        "FUZZ_API_KEY": served.key,
    }
    ran = subprocess.run(
        command, env=environ, cwd=directory, capture_output=True, text=True, timeout=1800
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_document_is_valid(client: Client) -> None:
    """The document is OpenAPI 3.1."""
    document = client.get("/openapi.json").json()

    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


@pytest.mark.timeout(600)
def test_every_operation(served: Served, tmp_path: Path) -> None:
    """All checks hold for what stands in the document, at its bounds and just beyond."""
    fuzz(
        served,
        tmp_path,
        "--phases",
        "examples,coverage,fuzzing",
        "--max-examples",
        "3",
        "--seed",
        "1",
    )


@pytest.mark.heavy
@pytest.mark.timeout(1800)
def test_every_operation_long(served: Served, tmp_path: Path) -> None:
    """And for whatever else can be made of it, chains of requests included."""
    fuzz(served, tmp_path, "--max-examples", "200")
