"""Which desk the settings name: what is wrong with its files is said before anything is asked or made."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from baton.errors import DocumentError, SettingsError
from baton.settings import CHECKOUT
from helpdesks.outside.opening import check_files, known_desks, mapping_of

RT = "desk: rt\nurl: https://rt.example.com\nlogin: baton\nqueues: [General]\npeople: {ivan: ivan.b}\n"


def test_every_adapter_is_known_by_its_folder() -> None:
    assert known_desks() == ("libredesk", "omnidesk", "rt")


def test_a_mapping_is_read_as_its_desk_wants_it(tmp_path: Path) -> None:
    file = tmp_path / "desk.yaml"
    file.write_text(RT)
    mapping = mapping_of(file, None)
    assert (mapping.desk, mapping.people) == ("rt", {"ivan": "ivan.b"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("desk: rtt\nurl: https://rt.example.com\n", "desk.yaml:1: desk: there is no desk 'rtt'"),
        ("url: https://rt.example.com\n", "the field 'desk' is missing"),
        (RT + "colour: red\n", "desk.yaml:6: "),
        (RT.replace("https://", ""), "desk.yaml:2: url: "),
    ],
)
def test_a_wrong_mapping_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "desk.yaml"
    file.write_text(text)
    with pytest.raises(DocumentError) as refused:
        check_files(file, None)
    assert said in str(refused.value)


@pytest.mark.parametrize("secret", [None, "", "one\ntwo\n"])
def test_a_secret_that_is_none_is_refused_and_not_shown(tmp_path: Path, secret: str | None) -> None:
    file = tmp_path / "desk.yaml"
    file.write_text(RT)
    path = tmp_path / "secret"
    if secret is not None:
        path.write_text(secret)
    with pytest.raises(SettingsError, match="BATON_DESK_SECRET_FILE") as refused:
        check_files(file, path)
    assert "two" not in str(refused.value)
    with pytest.raises(SettingsError, match="set BATON_DESK_SECRET_FILE"):
        check_files(file, None)


def test_a_worker_says_so_before_it_asks_temporal(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "BATON_DATA_DIR": str(tmp_path / "data"),
        "BATON_DESK_FILE": str(tmp_path / "desk.yaml"),
        "TEMPORAL_ADDRESS": "127.0.0.1:1",
    }
    ended = subprocess.run(
        [sys.executable, CHECKOUT / "worker.py"], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "desk.yaml" in ended.stderr
    assert "Temporal" not in ended.stderr
    assert not (tmp_path / "data").exists()
