"""Settings come from BATON_* variables; a mistake in them gets a helpful message."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from baton.errors import SettingsError
from baton.settings import (
    BUILD_ID,
    DEPLOYMENT_NAME,
    PREFIX,
    Settings,
    WorkerVersion,
    load_settings,
    worker_version,
)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in os.environ:
        if variable.startswith(PREFIX) or variable in (DEPLOYMENT_NAME, BUILD_ID):
            monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)


def refusal_of(**overrides: object) -> str:
    with pytest.raises(SettingsError) as refused:
        load_settings(**overrides)
    return str(refused.value)


def test_without_any_variable_the_defaults_keep_everything_in_one_folder_below_here(tmp_path: Path) -> None:
    settings = load_settings()

    assert settings.data_dir == tmp_path / ".baton"
    assert settings.database_url == f"sqlite:///{tmp_path}/.baton/baton.db"
    assert (settings.task_queue, settings.temporal_port, settings.ui_port) == ("baton", 7233, 8233)
    assert (settings.idle_minutes, settings.idle_minutes_by_channel) == (10, {})


def test_the_database_follows_the_data_folder(tmp_path: Path) -> None:
    assert (
        load_settings(data_dir=Path("elsewhere")).database_url == f"sqlite:///{tmp_path}/elsewhere/baton.db"
    )


def test_the_shipped_files_are_found_from_any_folder() -> None:
    deploy = Path(__file__).parents[2] / "deploy"

    assert load_settings().rules_file == deploy / "rules/support-lines.yaml"
    assert load_settings().templates_file == deploy / "templates/several-departments.yaml"
    assert load_settings().directory_file == deploy / "directory/demo.yaml"


def test_a_variable_sets_its_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_WORKER_PROCESSES", "0")
    monkeypatch.setenv("BATON_IDLE_MINUTES_BY_CHANNEL", '{"email": 1440, "telegram": 2.5}')
    monkeypatch.setenv("BATON_LOG_LEVEL", "debug")

    settings = load_settings()

    assert settings.worker_processes == 0
    assert settings.idle_minutes_by_channel == {"email": 1440, "telegram": 2.5}
    assert settings.log_level == "DEBUG"


def test_the_command_line_wins_over_the_environment_where_it_says_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BATON_TEMPORAL_PORT", "7300")
    monkeypatch.setenv("BATON_UI_PORT", "8300")

    settings = load_settings(temporal_port=7400, ui_port=None)

    assert (settings.temporal_port, settings.ui_port) == (7400, 8300)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        load_settings().task_queue = "other"  # type: ignore[misc]


def test_an_unknown_variable_is_refused_with_the_nearest_known_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_IDLE_MINUTS", "5")

    assert refusal_of() == (
        "BATON_IDLE_MINUTS is set in the environment, but Baton has no such setting. "
        "Did you mean BATON_IDLE_MINUTES?"
    )


def test_an_unknown_variable_that_is_near_to_none_is_refused_with_the_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BATON_XYZZY", "5")

    assert "Did you mean" not in refusal_of()
    assert "BATON_RULES_FILE" in refusal_of()


def test_a_wrong_value_is_refused_with_its_variable_its_value_and_its_meaning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BATON_IDLE_MINUTES", "ten")

    refusal = refusal_of()

    assert "BATON_IDLE_MINUTES is 'ten'" in refusal
    assert "idle_minutes: Minutes without a message after which an active chat ends." in refusal


@pytest.mark.parametrize("sign", "'\"\\?")
def test_a_task_queue_that_lists_do_not_find_is_refused(monkeypatch: pytest.MonkeyPatch, sign: str) -> None:
    monkeypatch.setenv("BATON_TASK_QUEUE", f"baton{sign}2")

    assert "lists do not find a name with quotes, backslashes or question marks" in refusal_of()


def test_a_task_queue_for_which_postgresql_has_no_room_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The workflow that says which database belongs to it is called after it."""
    monkeypatch.setenv("BATON_TASK_QUEUE", "x" * 246)
    assert len(f"database:{load_settings().task_queue}") == 255
    monkeypatch.setenv("BATON_TASK_QUEUE", "x" * 247)

    assert "at most 246 characters" in refusal_of()


def test_a_wrong_value_from_the_command_line_is_not_blamed_on_the_environment() -> None:
    refusal = refusal_of(temporal_port=70_000)

    assert "The option for temporal_port is 70000" in refusal
    assert "BATON_" not in refusal


def test_every_mistake_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_UNKNOWN_THING", "1")
    monkeypatch.setenv("BATON_LOG_LEVEL", "loud")
    monkeypatch.setenv("BATON_OFFER_SECONDS", "-1")

    refusal = refusal_of()

    assert all(name in refusal for name in ("BATON_UNKNOWN_THING", "BATON_LOG_LEVEL", "BATON_OFFER_SECONDS"))


@pytest.mark.parametrize("value", ["email=5", "[]", '{"email": 0}', '{"email": NaN}', '{"email": 1e300}'])
def test_idle_minutes_by_channel_must_be_an_object_of_minutes(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("BATON_IDLE_MINUTES_BY_CHANNEL", value)

    assert "BATON_IDLE_MINUTES_BY_CHANNEL" in refusal_of()


@pytest.mark.parametrize("url", ["postgresql+asyncpg://baton:secret@db/x", "mysql://baton:secret@db/x"])
def test_a_database_that_is_not_supported_is_refused_without_showing_its_password(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("BATON_DATABASE_URL", url)

    assert "postgresql://" in refusal_of()
    assert "secret" not in refusal_of()


def test_a_password_is_never_shown() -> None:
    settings = load_settings(database_url="postgresql://baton:s3cr3t@db.internal:5432/helpdesk")

    assert settings.database_shown == "postgresql://baton:***@db.internal:5432/helpdesk"
    assert "s3cr3t" not in repr(settings)


def test_encryption_cannot_be_required_without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_ENCRYPTION_REQUIRED", "true")

    assert "set BATON_ENCRYPTION_KEYS_FILE, too" in refusal_of()


@pytest.mark.parametrize("origin", ["*", "ui.example.org", "https://ui.example.org/path", "https://*"])
def test_the_origin_of_the_ui_is_one_address_as_browsers_name_it(
    monkeypatch: pytest.MonkeyPatch, origin: str
) -> None:
    monkeypatch.setenv("BATON_UI_ORIGIN", origin)

    assert "BATON_UI_ORIGIN" in refusal_of()


def test_the_gateway_is_for_this_machine_and_its_ui_unless_it_is_told_otherwise(tmp_path: Path) -> None:
    settings = load_settings(ui_port=8300)

    assert settings.gateway_host == "127.0.0.1"
    assert settings.gateway_token_file == tmp_path / ".baton/gateway.token"
    assert settings.ui_origin == "http://127.0.0.1:8300"


def test_relative_paths_are_those_of_the_process_that_read_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BATON_RULES_FILE", "rules.yaml")
    monkeypatch.setenv("BATON_DATABASE_URL", "sqlite:///desk.db")

    assert load_settings().rules_file == tmp_path / "rules.yaml"
    assert load_settings().database_url == f"sqlite:///{tmp_path}/desk.db"


@pytest.mark.parametrize("keys", [None, Path("keys")])
def test_another_process_reads_the_same_settings_from_the_environment_it_is_given(
    monkeypatch: pytest.MonkeyPatch, keys: Path | None
) -> None:
    given = load_settings(
        data_dir=Path("d"),
        idle_minutes=2.5,
        idle_minutes_by_channel={"email": 60},
        log_level="ERROR",
        encryption_keys_file=keys,
        encryption_required=keys is not None,
    )

    for variable, value in given.as_environment().items():
        monkeypatch.setenv(variable, value)
    monkeypatch.chdir("/")

    assert load_settings() == given


def test_a_worker_has_no_version_unless_temporals_own_variables_name_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert worker_version() is None

    monkeypatch.setenv("TEMPORAL_DEPLOYMENT_NAME", "baton/baton-worker")
    monkeypatch.setenv("TEMPORAL_WORKER_BUILD_ID", "1-4-0-8f3c")

    assert worker_version() == WorkerVersion("baton/baton-worker", "1-4-0-8f3c")


@pytest.mark.parametrize(("given", "missing"), [(DEPLOYMENT_NAME, BUILD_ID), (BUILD_ID, DEPLOYMENT_NAME)])
def test_half_a_version_is_refused_and_the_other_half_named(
    monkeypatch: pytest.MonkeyPatch, given: str, missing: str
) -> None:
    monkeypatch.setenv(given, "baton")

    with pytest.raises(SettingsError, match=f"{given} is set in the environment, but {missing} is not"):
        worker_version()


@pytest.mark.parametrize("name", ["ba.ton", "ba:ton", "__baton"])
def test_a_name_that_temporal_does_not_take_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("TEMPORAL_DEPLOYMENT_NAME", name)
    monkeypatch.setenv("TEMPORAL_WORKER_BUILD_ID", "1.4.0")

    with pytest.raises(SettingsError, match="Choose another, such as 'baton'"):
        worker_version()


def test_every_setting_says_what_it_means() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
