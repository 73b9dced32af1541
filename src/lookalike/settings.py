"""Settings: defaults, then a TOML file, then the environment, then the caller's arguments."""

from __future__ import annotations

import operator
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from numbers import Real
from pathlib import Path
from typing import Any

from lookalike.errors import SettingsError

__all__ = ["Settings", "cores", "default_library_path", "load_settings", "settings_path"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set once instead of on every call.

    Each field may stand in the settings file under its own name, or in the environment as
    ``LOOKALIKE_`` and the name in capitals (``LOOKALIKE_WORKERS=1``).

    Raises:
        SettingsError: a value is of the wrong type or out of range.
    """

    library: str = ""
    """Folder of the library when none is named; empty means the user's data folder."""
    model: str = ""
    """Name of the model for new libraries; empty means the one that ships here."""
    workers: int = 0
    """Processes that decode and encode; 0 means one for each processor core."""
    time_limit: float = 30.0
    """Seconds that one picture may take to decode."""
    max_pixels: int = 200_000_000
    """Pictures that declare more pixels than this are refused before decoding."""
    max_bytes: int = 200_000_000
    """Files and downloads larger than this are refused before reading."""
    fetch_timeout: float = 20.0
    """Seconds that one download may take as a whole."""
    allow_private_addresses: bool = False
    """Whether URLs may lead to private addresses such as 127.0.0.1 or 10.0.0.0/8."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = _checked(field.name, field.name, getattr(self, field.name))
            object.__setattr__(self, field.name, value)


_LONGEST = 1e6
_CPU_MAX = Path("/sys/fs/cgroup/cpu.max")


def cores() -> int:
    """Return how many processor cores this process may use, 1 or more.

    Those it is bound to, and no more than the time that its control group is given.
    """
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        count = os.cpu_count() or 1
    return max(1, min(count, _quota(_CPU_MAX)))


def _quota(path: Path) -> int:
    """Return how many cores the file ``cpu.max`` of a control group allows, rounded up."""
    try:
        time, period = path.read_text(encoding="ascii").split()
        return -(-int(time) // int(period))
    except (OSError, ValueError):  # no such group, or "max": no limit
        return os.cpu_count() or 1


def settings_path() -> Path:
    """Return where the settings file is looked for: ``LOOKALIKE_CONFIG`` or the user's folder."""
    named = os.environ.get("LOOKALIKE_CONFIG")
    if named:
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_config_dir("lookalike", appauthor=False)) / "lookalike.toml"


def default_library_path(settings: Settings) -> Path:
    """Return the folder of the library that is meant when none is named."""
    if settings.library:
        return Path(settings.library).expanduser()
    import platformdirs

    folder = Path(platformdirs.user_data_dir("lookalike", appauthor=False))
    return folder / "default.lookalike"


def load_settings(
    environment: Mapping[str, str] | None = None, path: Path | None = None
) -> Settings:
    """Read the settings file, if there is one, and the environment.

    Raises:
        SettingsError: the file is not TOML, a name is unknown or a value has the wrong type.
    """
    environment = os.environ if environment is None else environment
    path = settings_path() if path is None else path
    values: dict[str, Any] = {}
    known = {field.name: type(field.default) for field in fields(Settings)}
    for name, value in _read_file(path).items():
        if name not in known:
            raise SettingsError(
                f"{path}: there is no setting {name!r}. Known are: {', '.join(known)}."
            )
        where = f"{path}: {name}"
        values[name] = _checked(where, name, _parsed(where, value, known[name]))
    for name, kind in known.items():
        text = environment.get(f"LOOKALIKE_{name.upper()}")
        if text:
            where = f"LOOKALIKE_{name.upper()}"
            values[name] = _checked(where, name, _parsed(where, text, kind))
    return Settings(**values)


def _read_file(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            return tomllib.load(stream)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"The settings file {path} cannot be read: {error}") from error


def _parsed(where: str, value: Any, kind: type) -> Any:
    """Return what a text means, where a number or a truth is wanted; all else as it is."""
    if kind is bool and isinstance(value, str):
        truth = _TRUTHS.get(value.strip().lower())
        if truth is None:
            raise SettingsError(f"{where} is {value!r}; expected true or false.")
        return truth
    if not isinstance(value, str):
        return value
    try:
        return kind(value)
    except ValueError:
        return value  # which is told with what is expected


_TRUTHS = {"1": True, "true": True, "yes": True, "on": True} | {
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}
_LEAST = {"workers": 0, "max_pixels": 1, "max_bytes": 1}


def _checked(where: str, name: str, value: Any) -> Any:
    """Return the value of a setting as it is kept.

    Raises:
        SettingsError: it makes no sense; the sentence begins with ``where``.
    """
    if name in _LEAST:
        number = None if isinstance(value, bool) else _index(value)
        if number is None or number < _LEAST[name]:
            what = f"a whole number, {_LEAST[name]} or more"
            raise SettingsError(f"{where} is {value!r}; expected {what}.")
        return number
    if name == "allow_private_addresses":
        if not isinstance(value, bool):
            raise SettingsError(f"{where} is {value!r}; expected true or false.")
        return value
    if name in ("time_limit", "fetch_timeout"):
        real = isinstance(value, Real) and not isinstance(value, bool)
        if not real or not 0.0 < value < _LONGEST:
            raise SettingsError(f"{where} is {value!r}; expected seconds, more than 0.")
        return float(value)
    if name == "library" and isinstance(value, os.PathLike):
        value = os.fspath(value)
    if not isinstance(value, str):
        raise SettingsError(f"{where} is {value!r}; expected a text.")
    return value


def _index(value: Any) -> int | None:
    try:
        return operator.index(value)
    except TypeError:
        return None
