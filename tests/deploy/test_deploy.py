"""deploy/: what the tools of each format say of it, and that it fits the settings there are."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

import tremble
from tremble import config, sections

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent
KUBERNETES = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
AGONES = sorted((DEPLOY / "agones").glob("*.yaml"))
SCRIPTS = [ROOT / ".ci" / "run", DEPLOY / "secrets.sh", *sorted((ROOT / "scripts").glob("*.sh"))]
#: Long lines are fine where they are words; the rest is as yamllint has it.
YAMLLINT = (
    "{extends: default, rules: {document-start: disable, line-length: {max: 130},"
    " braces: {max-spaces-inside: 0}, truthy: {check-keys: false}}}"
)
#: Seconds that a server needs for its goodbyes and its outbox, after all that it may drain.
GOODBYE = 15


def run(*command: str | Path) -> str:
    """Run *command*; return what it says, with its exit code if that is not 0."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.stdout + done.stderr + (f"exit code {done.returncode}" if done.returncode else "")


def documents(*paths: Path) -> list[dict[str, Any]]:
    """Return every document of the YAML files *paths*."""
    return [found for path in paths for found in yaml.safe_load_all(path.read_text())]


def compose() -> dict[str, Any]:
    return documents(DEPLOY / "compose.yaml")[0]


def pods() -> list[dict[str, Any]]:
    """Return the spec of every pod that the manifests make."""
    found = []
    for document in documents(*KUBERNETES, *AGONES):
        spec = document["spec"]
        if document["kind"] == "Fleet":
            spec = spec["template"]["spec"]
        if "template" in spec:
            found.append(spec["template"]["spec"])
    return found


def environments() -> list[dict[str, str]]:
    """Return the variables of every Tremble that is started; what only the cluster knows is `x`."""
    found = [s["environment"] for s in compose()["services"].values() if "build" in s]
    for pod in pods():
        for container in pod["containers"]:
            found.append({one["name"]: one.get("value", "x") for one in container["env"]})
    text = (DEPLOY / "Containerfile").read_text()
    return [*found, dict(re.findall(r"^ +(TREMBLE_\w+)=(\S+)", text, re.MULTILINE))]


def test_shell_scripts() -> None:
    """shellcheck has nothing to say."""
    assert run(BIN / "shellcheck", *SCRIPTS) == ""


def test_containerfile() -> None:
    """hadolint has nothing to say, and what is copied is there and let through by .dockerignore."""
    path = DEPLOY / "Containerfile"
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", path.read_text(), re.MULTILINE)
    allowed = (ROOT / ".dockerignore").read_text().splitlines()

    assert run(BIN / "hadolint", "--no-color", path) == ""
    for name in " ".join(copied).split():
        assert (ROOT / name).exists() and f"!{name}" in allowed, name


def test_yaml() -> None:
    """yamllint has nothing to say."""
    assert run(BIN / "yamllint", "--strict", "-d", YAMLLINT, DEPLOY) == ""


def test_compose() -> None:
    """It keeps the schema of compose files; images have versions, secrets are made by the script."""
    told = run(
        BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml"
    )
    services = compose()["services"]

    assert "ok -- validation done" in told and "exit code" not in told, told
    for name, service in services.items():
        assert re.search(r":v?\d", service["image"]), name
        assert "no-new-privileges:true" in service["security_opt"], name
        secret = [key for key in service.get("environment", {}) if "PASSWORD" in key]
        assert all(key.endswith("_FILE") for key in secret), name


def test_secrets_are_made_once(tmp_path: Path) -> None:
    """Each its own, complete, the same after another run; the database's URL holds its password."""
    script = tmp_path / "secrets.sh"
    script.write_text((DEPLOY / "secrets.sh").read_text())
    said = run("sh", script)
    made = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    run("sh", script)

    assert {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()} == made
    assert set(made) == set(compose()["secrets"])
    assert {f"./secrets/{name}" for name in made} == {
        secret["file"] for secret in compose()["secrets"].values()
    }
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert made["postgres_password"] in made["store_url"]
    assert made["grafana_password"] != made["postgres_password"]
    assert all(len(text) >= 48 and text not in said for text in made.values())
    assert made["redis_conf"].split()[1] in made["redis_url"]
    names = {"TREMBLE_STORE__URL_FILE": "store_url", "TREMBLE_WEB__REDIS_URL_FILE": "redis_url"}
    environ = {key: str(tmp_path / "secrets" / name) for key, name in names.items()}
    assert config.problems(tmp_path, environ) == []


@pytest.mark.parametrize("path", KUBERNETES, ids=lambda path: path.name)
def test_kubernetes(path: Path) -> None:
    """Every resource keeps the schema of Kubernetes, without a field it does not know."""
    for document in documents(path):
        kubernetes_validate.validate(document, "1.31", strict=True)


@pytest.mark.parametrize("path", AGONES, ids=lambda path: path.name)
def test_agones(path: Path) -> None:
    """Every resource keeps the schema of what we use of Agones, and its pod that of Kubernetes."""
    schema = json.loads((Path(__file__).parent / "agones.schema.json").read_text())
    for document in documents(path):
        jsonschema.validate(document, schema)


def test_a_lone_gameserver_is_one_of_the_fleet() -> None:
    """What is tried out is what the fleet runs."""
    [fleet] = [d for d in documents(*AGONES) if d["kind"] == "Fleet"]
    [alone] = [d for d in documents(*AGONES) if d["kind"] == "GameServer"]

    assert alone["spec"] == fleet["spec"]["template"]["spec"]


def test_pods_are_confined() -> None:
    """No root, no capability, nothing writable but volumes; memory has a limit."""
    assert len(pods()) == 4
    for pod in pods():
        document = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": pod}
        kubernetes_validate.validate(document, "1.31", strict=True)
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in [*pod["containers"], *pod.get("initContainers", [])]:
            confined = {**pod["securityContext"], **container["securityContext"]}
            assert confined["runAsNonRoot"] and confined["runAsUser"] == 10001
            assert confined["readOnlyRootFilesystem"]
            assert not confined["allowPrivilegeEscalation"]
            assert confined["capabilities"] == {"drop": ["ALL"]}
            assert "memory" in container["resources"]["limits"]


def test_images_are_of_this_version() -> None:
    """A release needs no hand in the manifests that this test does not ask for."""
    paths = [DEPLOY / "Containerfile", DEPLOY / "compose.yaml", *KUBERNETES, *AGONES]
    named = re.findall(r"\btremble:([0-9]\S*)", "".join(path.read_text() for path in paths))

    assert len(named) == 8
    assert set(named) == {tremble.__version__}


def test_variables_are_settings(tmp_path: Path) -> None:
    """Every variable names a setting and holds a good value; of files only the names are looked at."""
    assert len(environments()) == 7
    for environ in environments():
        known = {}
        for name, value in environ.items():
            if name.endswith("_FILE"):
                key = name.removeprefix("TREMBLE_").removesuffix("_FILE").lower()
                assert key.replace("__", ".", 1) in sections.KEYS, name
            else:
                assert name == "TREMBLE_DIR" or "__" in name, name
                known[name] = value
        assert config.problems(tmp_path, known) == []


def test_who_drains_is_given_the_time() -> None:
    """Whoever stops a game server waits longer than it drains."""
    game = compose()["services"]["game"]
    drain = float(game["environment"]["TREMBLE_SERVER__DRAIN_S"])
    assert int(game["stop_grace_period"].removesuffix("m")) * 60 >= drain + GOODBYE

    drained = 0
    for pod in pods():
        environ = {one["name"]: one.get("value") for one in pod["containers"][0]["env"]}
        if "TREMBLE_SERVER__DRAIN_S" in environ:
            drain = float(environ["TREMBLE_SERVER__DRAIN_S"])
            assert pod["terminationGracePeriodSeconds"] >= drain + GOODBYE
            drained += 1
    assert drained == 3


def test_prometheus_and_grafana_find_what_they_look_for() -> None:
    """promtool takes the configuration; hosts and paths are those of compose.yaml."""
    services = compose()["services"]
    path = DEPLOY / "prometheus" / "prometheus.yml"
    [prometheus] = documents(path)
    [source] = documents(DEPLOY / "grafana" / "provisioning" / "datasources" / "tremble.yaml")
    [boards] = documents(DEPLOY / "grafana" / "provisioning" / "dashboards" / "tremble.yaml")
    targets = [
        target
        for job in prometheus["scrape_configs"]
        for group in job["static_configs"]
        for target in group["targets"]
    ]

    # The token is there in the container alone.
    told = run("promtool", "check", "config", "--syntax-only", path)
    assert "SUCCESS" in told and "exit code" not in told, told
    assert {target.partition(":")[0] for target in targets} <= {*services, "localhost"}
    assert source["datasources"][0]["url"] == "http://prometheus:9090"
    mounts = " ".join(services["grafana"]["volumes"])
    assert f":{boards['providers'][0]['options']['path']}:ro" in mounts
