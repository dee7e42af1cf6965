"""The settings: one frozen object, read once when a process starts.

Every setting is an environment variable with the prefix ``BATON_``: ``data_dir`` is ``BATON_DATA_DIR``. Any
other variable with that prefix is an error, because a misspelt setting that is silently ignored shows only in
production. How to reach Temporal is not set here: that is Temporal's own environment configuration
(``TEMPORAL_ADDRESS``, ``TEMPORAL_NAMESPACE``, …, profiles), which every Temporal client understands. Nor is
the version of a worker: `worker_version` reads it as Temporal's worker controller writes it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from baton import databaseurl
from baton.errors import SettingsError
from baton.texts import Language, of_locale

PREFIX = "BATON_"
HOST = "127.0.0.1"
"""Where `baton up` listens."""
CHECKOUT = Path(__file__).resolve().parent.parent
"""The folder that holds ``baton/``, and in a checkout and in the image also ``deploy/`` and ``worker.py``."""

# A year at most, as in rules: a time beyond the range of dates would stop every chat.
Minutes = Annotated[float, Field(gt=0, le=527_040, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=31_622_400, allow_inf_nan=False)]
# Absolute from the start: processes that are handed these settings may run in another folder.
AbsolutePath = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]
Port = Annotated[int, Field(ge=1, le=65_535)]
_ISSUER = r"^(https://|http://(127\.0\.0\.1|localhost)(:\d+)?(/|$))[^?#]*$"
_MAIL_ADDRESS = r"^[^@\s<>\"(),:;\\\[\]\x00-\x1f]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$"
_ADDRESS = r"^(\d+\.\d+\.\d+\.\d+|\[[0-9a-fA-F:]+\]):\d{1,5}$"


def _in_company(file: str, otherwise: Path) -> Callable[[Mapping[str, Any]], Path]:
    """The default of a file: in the folder of the company, or ``otherwise`` if no company is named."""

    def made(settings: Mapping[str, Any]) -> Path:
        company: Path | None = settings.get("company")
        return company / file if company else otherwise

    return made


def _sqlite_in_data_dir(settings: Mapping[str, Any]) -> str:
    # Without a data_dir there is an error about data_dir already, and this value is never seen.
    return f"sqlite:///{settings.get('data_dir', Path())}/baton.db"


def _token_in_data_dir(settings: Mapping[str, Any]) -> Path:
    return Path(settings.get("data_dir", Path())) / "gateway.token"


def _local_ui(settings: Mapping[str, Any]) -> str:
    return f"http://127.0.0.1:{settings.get('ui_port', 0)}"


class Settings(BaseSettings):
    """Baton's settings. Make one with `load_settings`, whose errors are written for people."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", use_attribute_docstrings=True
    )

    company: AbsolutePath | None = None
    """Folder with the ``directory.yaml``, ``rules.yaml`` and ``templates.yaml`` of a company, as `baton init`
    writes it. The data folder is then in it, too, unless it is set."""

    data_dir: AbsolutePath = Field(
        default_factory=_in_company(".baton", Path(".baton")), validate_default=True
    )
    """Folder of what `baton up` keeps: Temporal's database, the embedded help desk's, the logs. The default
    is ``.baton``, in the folder of the company if there is one."""

    database_url: str = Field(default_factory=_sqlite_in_data_dir, repr=False)
    """The embedded help desk's database: ``postgresql://user:password@host/name`` or ``sqlite:///path``.
    The default is the file ``baton.db`` in the data folder. In a name or password, write ``/ @ : ? # %`` as
    ``%2F %40 %3A %3F %23 %25``."""

    rules_file: AbsolutePath = Field(
        default_factory=_in_company("rules.yaml", CHECKOUT / "deploy/rules/support-lines.yaml")
    )
    """The rules. An edit takes effect with the next event of every case."""

    templates_file: AbsolutePath = Field(
        default_factory=_in_company("templates.yaml", CHECKOUT / "deploy/templates/several-departments.yaml")
    )
    """The templates. An edit takes effect with the next ticket to which one is applied."""

    directory_file: AbsolutePath = Field(
        default_factory=_in_company("directory.yaml", CHECKOUT / "deploy/directory/demo.yaml")
    )
    """Staff, lines and departments with which an empty database is filled; afterwards it is not read."""

    task_queue: str = Field(default="baton", min_length=1, max_length=246)
    """The Temporal task queue of the workers: at most 246 characters, without quotes, backslashes and
    question marks."""

    temporal_port: Port = 7233
    """Port on which `baton up` starts Temporal."""

    ui_port: Port = 8233
    """Port on which `baton up` starts Temporal's Web UI."""

    worker_processes: int = Field(default=1, ge=0, le=256)
    """Worker processes on this machine; 0 means one for each core."""

    max_cached_workflows: int = Field(default=1000, ge=0)
    """Workflows that each worker process keeps in memory; the others are replayed at their next event."""

    encryption_keys_file: AbsolutePath | None = None
    """The keys with which payloads are encrypted before Temporal gets them: see docs/security.md. Without it
    nothing is encrypted. Workers and whoever sends events need the same keys."""

    encryption_required: bool = False
    """Whether payloads that are not encrypted are refused. Only when no case is left from before."""

    gateway_host: str = "127.0.0.1"
    """Address on which the gateway listens."""

    gateway_port: Port = 8234
    """Port on which the gateway listens."""

    gateway_rate: int = Field(default=500, ge=1, le=100_000)
    """Requests a second that one API key may make, on the average of ten seconds."""

    gateway_body_bytes: int = Field(default=2_000_000, ge=1_000, le=100_000_000)
    """Bytes of the largest body that the HTTP API takes."""

    gateway_answer_seconds: float = Field(default=30, gt=0, le=3600, allow_inf_nan=False)
    """Seconds within which the HTTP API answers a request, be it that it has no answer yet."""

    gateway_connections: int = Field(default=1000, ge=1, le=100_000)
    """Connections that the gateway has open at once. Whoever comes then is turned away with 503."""

    console_origin: Annotated[str, Field(pattern=r"^https?://[^/*]+$")] | None = None
    """Where people reach the console, as browsers name it, such as ``https://desk.example.org``: for a
    gateway behind a proxy. Without it a request's own host counts."""

    console_idle_hours: float = Field(default=12, gt=0, le=8784, allow_inf_nan=False)
    """Hours without use after which somebody is signed out of the console."""

    console_session_hours: float = Field(default=168, gt=0, le=8784, allow_inf_nan=False)
    """Hours after which somebody is signed out of the console, however much it is used."""
    hook_secret_file: AbsolutePath | None = None
    """The file with the secret by which hooks of a help desk prove that they come from it: see docs/desks.md.
    While it is changed, the file has both, each on a line. Without it the gateway takes no hooks."""

    oidc_client_id: str | None = None
    """What the provider of BATON_OIDC_ISSUER calls the console."""

    oidc_client_secret_file: AbsolutePath | None = None
    """The file with the secret by which that provider knows the console."""

    oidc_staff_claim: str = Field(default="preferred_username", min_length=1)
    """Which of the claims that the provider makes about somebody is their staff ID."""

    oidc_provision: bool = False
    """Whether whoever is in the directory, and logs in by the provider, gets an account as an agent. Without
    it only people with an account get in."""

    oidc_issuer: Annotated[str, Field(pattern=_ISSUER)] | None = None
    """The OpenID Connect provider by which people may log in to the console, too, as it calls itself, such as
    ``https://login.example.org``: see docs/console.md."""

    gateway_token_file: AbsolutePath = Field(default_factory=_token_in_data_dir)
    """The token that the codec server asks for; made at its first start. The default is the file
    ``gateway.token`` in the data folder."""

    ui_origin: str = Field(default_factory=_local_ui, pattern=r"^https?://[^/*]+$")
    """Where Temporal's Web UI is, as browsers name it: the only page that may ask the codec server. The
    default is the UI of `baton up`."""

    desk_file: AbsolutePath | None = None
    """The mapping of names of the help desk that people work in: see docs/desks.md. Without it they work in
    the embedded one."""

    desk_secret_file: AbsolutePath | None = None
    """The file with the password, token or API key of Baton's account at that help desk."""

    outgoing_private: bool = False
    """Whether webhooks may go to addresses that are not public, and by http. For targets of your own: whoever
    may name a target can then have Baton call whatever the workers reach."""

    mail_host: str | None = Field(default=None, min_length=1, max_length=253)
    """The mail server that takes notices for people. Without it nobody is told by e-mail."""

    mail_port: Port = 587
    """Its port: usually 587 with ``starttls``, and 465 with ``implicit``."""

    mail_tls: Literal["starttls", "implicit", "none"] = "starttls"
    """How the connection to it is encrypted. ``none`` is for a server on the same machine, and takes no
    password."""

    mail_user: str | None = None
    """The user as which Baton logs in there."""

    mail_password_file: AbsolutePath | None = None
    """The file with that user's password."""

    mail_from: Annotated[str, Field(pattern=_MAIL_ADDRESS, max_length=254)] | None = None
    """The address that notices come from, such as ``baton@company.example``. Needed with a mail server."""

    mail_ca_file: AbsolutePath | None = None
    """The certificate of the mail server, or of who signed it, if it is not one of the usual ones."""

    idle_minutes: Minutes = 10
    """Minutes without a message after which an active chat ends."""

    idle_minutes_by_channel: Annotated[dict[str, Minutes], NoDecode] = {}
    """The same for single channels, as a JSON object: ``{"email": 1440}``."""

    offline_grace_seconds: Seconds = 180
    """Seconds after which somebody who went offline counts as away, and their open cases are handed on."""

    offer_seconds: Seconds = 120
    """Seconds for which a new chat is offered to its earlier holder before everybody sees it."""

    shutdown_grace_seconds: Seconds = 20
    """Seconds in which a worker that is stopped may finish what it is doing."""

    alive_file: AbsolutePath | None = None
    """File that a worker touches every few seconds while it works, for the probe of whoever watches over it.
    ``python -m baton.temporal.process FILE`` is that probe."""

    language: Language = Field(default_factory=lambda: of_locale(os.environ))
    """The language of what people read: ``en`` or ``ru``. The default is that of the machine: the first of
    ``LC_ALL``, ``LC_MESSAGES`` and ``LANG`` that is set, if Baton speaks it."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least severe log records that are written."""

    log_format: Literal["text", "json"] = "text"
    """How log records are written: ``text`` for people, ``json`` for machines, one object on a line."""

    metrics_address: Annotated[str, Field(pattern=_ADDRESS)] | None = None
    """Where a worker serves its metrics to Prometheus, such as ``0.0.0.0:9464``: an IP address and a port. Of
    several worker processes the second has the next port, and so on. Without it nothing is counted."""

    tracing: bool = False
    """Whether calls are traced with OpenTelemetry: see docs/observability.md."""

    @field_validator("log_level", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("language", mode="before")
    @classmethod
    def _in_small_letters(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("idle_minutes_by_channel", mode="before")
    @classmethod
    def _from_json(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except json.JSONDecodeError as error:
            raise ValueError('it must be a JSON object, such as {"email": 1440}') from error

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        # The help desk chooses the driver: nobody has to write SQLAlchemy's "postgresql+psycopg://".
        if mistake := databaseurl.mistake_in(value):
            raise ValueError(mistake)
        file = value.removeprefix("sqlite:///")
        if file in (value, ":memory:"):
            return value
        return f"sqlite:///{Path(file).expanduser().absolute()}"  # for the same reason as AbsolutePath

    @field_validator("task_queue")
    @classmethod
    def _unquoted(cls, value: str) -> str:
        if set(value) & set("\"'\\?"):
            raise ValueError("Temporal's lists do not find a name with quotes, backslashes or question marks")
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _knows_us(cls, value: str | None, info: ValidationInfo) -> str | None:
        needed = "oidc_client_id", "oidc_client_secret_file"
        missing = [_variable(name) for name in needed if info.data.get(name) is None]
        if value is not None and missing:
            raise ValueError(f"the provider must know the console: set {' and '.join(missing)}, too")
        return value

    @field_validator("encryption_required")
    @classmethod
    def _has_keys(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("encryption_keys_file") is None:
            raise ValueError("without keys nothing is encrypted; set BATON_ENCRYPTION_KEYS_FILE, too")
        return value

    @property
    def console_url(self) -> str:
        """Where people reach the console."""
        return self.console_origin or f"http://{self.gateway_host}:{self.gateway_port}"

    @property
    def database_shown(self) -> str:
        """The database's URL as it may be printed: without the password."""
        return databaseurl.shown(self.database_url)

    def as_environment(self) -> dict[str, str]:
        """The environment variables that give another process these same settings."""
        values = self.model_dump(mode="json")
        return {
            _variable(name): value if isinstance(value, str) else json.dumps(value)
            for name, value in values.items()
            if value is not None
        }


def load_settings(**overrides: Any) -> Settings:
    """Read the settings from the environment. ``overrides`` come from a command line and win over it; an
    override that is None was not given.

    Raises:
        SettingsError: names each variable that is unknown or has a value that cannot be used, and what to do.
    """
    problems = list(_unknown(os.environ))
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        problems += [
            _explained(detail, given)
            for detail in error.errors(include_url=False)
            if detail["type"] != "default_factory_not_called"  # because of another mistake
        ]
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


class WorkerVersion(NamedTuple):
    """Which version of the workers this process is, as Temporal calls it."""

    deployment_name: str
    build_id: str


DEPLOYMENT_NAME = "TEMPORAL_DEPLOYMENT_NAME"
BUILD_ID = "TEMPORAL_WORKER_BUILD_ID"


def worker_version() -> WorkerVersion | None:
    """The version that the environment names; ``None`` for a worker without one.

    Raises ``SettingsError`` if only half of it is set, or its name is not allowed.
    """
    name, build = (os.environ.get(variable, "") for variable in (DEPLOYMENT_NAME, BUILD_ID))
    if not name and not build:
        return None
    if not name or not build:
        given, missing = (DEPLOYMENT_NAME, BUILD_ID) if name else (BUILD_ID, DEPLOYMENT_NAME)
        raise SettingsError(
            f"{given} is set in the environment, but {missing} is not. A version of the workers has both; "
            "unset both for workers without versions."
        )
    if "." in name or ":" in name or name.startswith("__"):
        # Temporal would refuse every poll, and the worker would wait in silence.
        raise SettingsError(
            f"{DEPLOYMENT_NAME} is {name!r}: Temporal accepts no name with a dot or a colon, or one that "
            "begins with '__'. Choose another, such as 'baton'."
        )
    return WorkerVersion(name, build)


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _unknown(environment: Iterable[str]) -> Iterable[str]:
    known = [_variable(name) for name in Settings.model_fields]
    for variable in sorted(environment):
        if variable.upper().startswith(PREFIX) and variable.upper() not in known:
            # Compared without the prefix, which would make all names look alike.
            near = get_close_matches(
                variable.upper().removeprefix(PREFIX), map(str.upper, Settings.model_fields)
            )
            hint = f"Did you mean {PREFIX}{near[0]}?" if near else f"Known are {', '.join(known)}."
            yield f"{variable} is set in the environment, but Baton has no such setting. {hint}"


def _explained(detail: ErrorDetails, overrides: Mapping[str, Any]) -> str:
    name, *inside = (str(part) for part in detail["loc"])
    where = f"The option for {name}" if name in overrides else f"The environment variable {_variable(name)}"
    if inside:
        where += f" (at {'.'.join(inside)})"
    value = "" if name == "database_url" else f" is {detail['input']!r}"  # it may hold a password
    what = detail["msg"].removeprefix("Value error, ")
    meaning = " ".join((Settings.model_fields[name].description or "").replace("`", "").split())
    return f"{where}{value}: {what}. Correct it, or unset it for the default.\n    {name}: {meaning}"
