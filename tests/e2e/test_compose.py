"""The compose file agrees with itself, with the Dockerfile, and with what the server reads; no engine is needed."""

from __future__ import annotations

import json
import re
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import yaml
from click.testing import CliRunner

from call_transcripts_mcp.cli.commands import commands
from call_transcripts_mcp.cli.serve import serve
from call_transcripts_mcp.providers import ALL
from call_transcripts_mcp.settings import load
from project import PYPROJECT, ROOT, VARIABLES

if TYPE_CHECKING:
    from pathlib import Path

TEXT = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
FILE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
OURS = ("server", "sync")
GIVEN = {"HOST": "calls.example.com", "CLICKHOUSE_PASSWORD": "of-the-archive", "ULTRAVOX_API_KEY": "one.of-the-team"}
"""What the head of the file tells to set."""
TOKEN = "t0ken-of-the-team-4711"  # noqa: S105 - of this test


def interpolated(value: str) -> str:
    """A value with the variables of the shell in it, as compose fills them in."""

    def filled(found: re.Match[str]) -> str:
        given = GIVEN.get(found["name"], "")
        assert given or found["default"] is not None or found["why"] is not None
        return given or found["default"] or ""

    return re.sub(r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*)|:\?(?P<why>[^}]+))?\}", filled, value)


def environment(service: str) -> dict[str, str]:
    return {name: interpolated(value) for name, value in SERVICES[service]["environment"].items()}


def test_what_has_to_be_set_is_told_and_nothing_else_is_needed() -> None:
    required = set(re.findall(r"\$\{(\w+):\?", TEXT))
    assert required == {"HOST", "CLICKHOUSE_PASSWORD"}
    optional = set(re.findall(r"\$\{(\w+):-", TEXT))
    assert optional == {f"{name.upper()}_API_KEY" for name in ALL}
    assert set(re.findall(r"\$\{(\w+)", TEXT)) == required | optional
    head = TEXT[: TEXT.index("services:")]
    assert all(f"{name}=" in head for name in GIVEN)


@pytest.mark.parametrize("service", OURS)
def test_the_server_takes_every_setting(service: str, tmp_path: Path) -> None:
    given = environment(service)
    assert given.keys() <= {variable.name for variable in VARIABLES}
    if service == "server":
        (secret,) = SERVICES[service]["secrets"]
        assert given["CALL_TRANSCRIPTS_HTTP_TOKEN_FILE"] == f"/run/secrets/{secret}"
        assert FILE["secrets"][secret] == {"file": "../secrets/http_token"}
        (tmp_path / "token").write_text(TOKEN, encoding="utf-8")
        given["CALL_TRANSCRIPTS_HTTP_TOKEN_FILE"] = str(tmp_path / "token")
    found = load(given)
    assert [account.provider for account in found.accounts] == ["ultravox"]
    assert (found.http_token is not None) == (service == "server")
    assert found.http_hosts == (("calls.example.com",) if service == "server" else ())


@pytest.mark.parametrize("service", OURS)
def test_every_command_can_be_parsed(service: str) -> None:
    told = CliRunner().invoke(commands, [*SERVICES[service]["command"], "--help"])
    assert told.exit_code == 0, told.output


def test_the_archive_is_the_database_that_clickhouse_makes_and_is_reached_over_loopback() -> None:
    archive = urlsplit(environment("server")["CALL_TRANSCRIPTS_ARCHIVE"])
    database = environment("clickhouse")
    assert archive.scheme == "clickhouse"
    assert (archive.username, archive.password) == (database["CLICKHOUSE_USER"], database["CLICKHOUSE_PASSWORD"])
    assert archive.path == f"/{database['CLICKHOUSE_DB']}"
    assert SERVICES["clickhouse"]["healthcheck"]["test"][-1] == f"http://{archive.hostname}:{archive.port}/ping"
    assert all(SERVICES[name]["network_mode"] == "service:clickhouse" for name in OURS)
    assert environment("sync")["CALL_TRANSCRIPTS_ARCHIVE"] == environment("server")["CALL_TRANSCRIPTS_ARCHIVE"]


def test_the_proxy_reaches_the_server_in_the_network_that_it_shares_and_is_the_one_that_is_trusted() -> None:
    proxy = SERVICES["proxy"]
    host, _, port = proxy["command"][proxy["command"].index("--to") + 1].partition(":")
    assert SERVICES["server"]["network_mode"] == f"service:{host}"
    assert re.findall(r"^EXPOSE (\d+)$", DOCKERFILE, re.MULTILINE) == [port]
    assert [str(option.default) for option in serve.params if option.name == "port"] == [port]
    address = proxy["networks"]["default"]["ipv4_address"]
    (pool,) = FILE["networks"]["default"]["ipam"]["config"]
    subnet = ip_network(pool["subnet"])
    assert ip_address(address) in subnet
    # The engine gives the first addresses to the other containers.
    assert int(ip_address(address)) - int(subnet.network_address) > len(SERVICES) + 1
    assert load(environment("server") | {"CALL_TRANSCRIPTS_HTTP_TOKEN_FILE": ""}).http_proxies == (f"{address}/32",)


def test_the_proxy_alone_is_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


@pytest.mark.parametrize("service", OURS)
def test_an_image_of_ours_is_built_with_arguments_that_the_dockerfile_takes(service: str) -> None:
    build = SERVICES[service]["build"]
    assert (ROOT / "deploy" / build["context"] / "Dockerfile").exists()
    assert build["args"].keys() <= set(re.findall(r"^ARG (\w+)", DOCKERFILE, re.MULTILINE))
    assert set(build["args"]["EXTRAS"].split(",")) <= PYPROJECT["optional-dependencies"].keys()


def test_what_others_made_is_of_a_fixed_version() -> None:
    images = {name: service["image"] for name, service in SERVICES.items() if "image" in service}
    assert images.keys() == SERVICES.keys() - set(OURS)
    tags = {name: image.partition(":")[2] for name, image in images.items()}
    assert all(re.match(r"\d", tag) for tag in tags.values())
    oldest = re.findall(
        r"ClickHouse \*\*(\d+)\.(\d+) or newer\*\*", (ROOT / "docs/scale.md").read_text(encoding="utf-8")
    )
    assert tuple(map(int, tags["clickhouse"].split("."))) >= tuple(map(int, oldest[0]))


def test_every_volume_and_service_that_is_named_exists_and_is_used() -> None:
    mounted = {volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert mounted == FILE["volumes"].keys()
    awaited = {name for service in SERVICES.values() for name in service.get("depends_on", [])}
    assert awaited <= SERVICES.keys()
    healthy = SERVICES["server"]["depends_on"]
    assert all("healthcheck" in SERVICES[name] for name in healthy if healthy[name]["condition"] == "service_healthy")


@pytest.mark.parametrize("service", OURS)
def test_our_containers_have_no_rights_and_write_nothing_but_their_volume(service: str) -> None:
    given = SERVICES[service]
    assert (given["read_only"], given["cap_drop"], given["tmpfs"]) == (True, ["ALL"], ["/tmp"])  # noqa: S108 - in it
    assert "volumes" not in given
    assert json.loads(re.findall(r"^VOLUME (.+)$", DOCKERFILE, re.MULTILINE)[0]) == ["/data"]


def test_the_health_of_a_container_is_asked_where_it_serves() -> None:
    assert SERVICES["sync"]["healthcheck"] == {"disable": True}
    assert "healthcheck" not in SERVICES["server"]  # that of the image, which test_container.py runs
