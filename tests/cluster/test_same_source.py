"""A cluster of plain processes is set up from the same files that Compose and Kubernetes use."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from baton.settings import CHECKOUT
from lab.cluster import programs
from lab.cluster.__main__ import main
from lab.cluster.balancer import balancing
from lab.cluster.hosts import DEPLOYED, FIRST_PORT, hosts
from lab.cluster.programs import built, cache, version
from lab.cluster.running import Cluster
from local.machine import StackFailed, free_port
from tests.deployed import TEMPORAL, variables

OF_THIS_MACHINE = {
    *("POSTGRES_SEEDS", "DB_PORT", "POSTGRES_USER", "POSTGRES_PWD", "DYNAMIC_CONFIG_FILE_PATH", "BIND_ON_IP"),
    *("CLUSTER_RPC_ADDRESS", "CLUSTER_HTTP_ADDRESS", "TEMPORAL_SERVICES", "LOG_LEVEL", "PATH"),
}


async def made(folder: Path) -> Cluster:
    return Cluster(folder, folder, say=print)


async def test_every_host_is_told_what_compose_tells_it(tmp_path: Path) -> None:
    cluster, shared = await made(tmp_path), variables(TEMPORAL / "cluster.env")
    assert shared["NUM_HISTORY_SHARDS"]
    for host in hosts():
        environment = cluster.environment_of(host)
        assert shared.items() <= environment.items()
        assert environment["DYNAMIC_CONFIG_FILE_PATH"] == str(TEMPORAL / "dynamicconfig.yaml")
        added = environment.keys() - shared.keys() - OF_THIS_MACHINE
        assert all(name.endswith("_PORT") for name in added), added


def test_two_of_each_service_that_is_killed_and_no_port_twice() -> None:
    services = [host.service for host in hosts()]
    assert sorted(services) == ["frontend", "frontend", "history", "history", "matching", "worker"]
    ports = [host.port + number for host in hosts() for number in range(3)] + [FIRST_PORT, FIRST_PORT + 1]
    assert len(set(ports)) == len(ports)


async def test_the_namespace_is_that_of_the_shared_file(tmp_path: Path) -> None:
    assert (await made(tmp_path)).namespace == variables(TEMPORAL / "namespace.env")["TEMPORAL_NAMESPACE"]


def test_the_shared_scripts_make_tables_and_namespace() -> None:
    assert DEPLOYED == TEMPORAL
    assert version() == (TEMPORAL / "version.txt").read_text(encoding="utf-8").strip()


def test_what_was_built_reads_the_shared_configuration() -> None:
    """Temporal's own check of its configuration, where its server was built."""
    found = built(cache())
    if found is None:
        pytest.skip("Temporal's server was not built here: `make cluster` does it, and plays the cluster")
    said = subprocess.run(
        [found / "temporal-server", "validate-dynamic-config", TEMPORAL / "dynamicconfig.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    assert "error:" not in said.stdout
    assert "warning:" not in said.stdout


def test_without_go_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("lab.cluster.__main__.postgresql", lambda: tmp_path)
    said = CliRunner().invoke(main)
    assert said.exit_code == 1
    assert "Go is not installed" in said.stderr
    assert not (tmp_path / "cache").exists()


def test_where_nothing_was_built_ci_is_told_that_the_cluster_was_not_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    said = CliRunner().invoke(main, ["--if-possible"])
    assert said.exit_code == 0
    assert "The cluster was NOT played here: Temporal" in said.output
    assert said.output.strip().endswith("To play it: make cluster")


async def test_a_build_that_fails_says_what_go_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A compiler that refuses, in place of Go."""
    nice = shutil.which("nice")
    assert nice
    compiler = tmp_path / "go"
    compiler.write_text("#!/bin/sh\necho no such version\nexit 1\n", encoding="utf-8")
    compiler.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    folder = tmp_path / "cluster"
    with pytest.raises(StackFailed, match="no such version"):
        await programs.build(folder, print)
    assert built(folder) is None


def test_a_postgresql_that_lacks_what_temporal_needs_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "pg/bin"
    bare.mkdir(parents=True)
    monkeypatch.setattr(programs, "_server_folders", lambda: iter([bare]))
    with pytest.raises(StackFailed, match="btree_gin"):
        programs.postgresql()
    (tmp_path / "pg/share/extension").mkdir(parents=True)
    (tmp_path / "pg/share/extension/btree_gin.control").touch()
    assert programs.postgresql() == bare


async def test_the_balancer_leaves_out_who_is_gone_and_takes_back_who_returns() -> None:
    front, first, second = free_port(), free_port(), free_port()

    async def backend(name: bytes, port: int) -> asyncio.Server:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            writer.write(name + b"\n")
            await writer.drain()
            writer.close()

        return await asyncio.start_server(answer, "127.0.0.1", port)

    async def asked() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", front)
        writer.write(b"who?\n")
        answer = await reader.read()
        writer.close()
        return answer.strip()

    one, other = await backend(b"one", first), await backend(b"other", second)
    async with balancing(front, [first, second]):
        assert {await asked(), await asked()} == {b"one", b"other"}
        one.close()
        await one.wait_closed()
        assert [await asked() for _ in range(4)] == [b"other"] * 4
        one = await backend(b"one", first)
        assert {await asked(), await asked()} == {b"one", b"other"}
        one.close()
        other.close()
        await asyncio.gather(one.wait_closed(), other.wait_closed())
        assert await asked() == b""


def test_the_suite_on_the_cluster_names_files_that_are_there() -> None:
    from lab.cluster.suite import CHOSEN

    assert CHOSEN
    assert all((CHECKOUT / name).is_file() for name in CHOSEN)


def test_the_document_names_every_option_and_no_other() -> None:
    text = (CHECKOUT / "docs/cluster.md").read_text(encoding="utf-8")
    options = {name for option in main.params for name in (*option.opts, *option.secondary_opts)}
    of_others = {"--temporal", "--namespace", "--postgresql"}  # of the tests
    named = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", text)) - of_others
    assert named <= options
    assert options - named <= {"--tests", "--load"}  # their opposites are named
