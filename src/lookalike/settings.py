"""Settings: defaults, then a TOML file, then the environment, then the caller's arguments."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from lookalike.errors import SettingsError

__all__ = ["Settings", "cores", "default_library_path", "load_settings", "settings_path"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set once instead of on every call.

    Each field may stand in the settings file under its own name, or in the environment as
    ``LOOKALIKE_`` and the name in capitals (``LOOKALIKE_WORKERS=1``).
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
        values[name] = _convert(f"{path}: {name}", value, known[name])
    for name, kind in known.items():
        text = environment.get(f"LOOKALIKE_{name.upper()}")
        if text:
            values[name] = _convert(f"LOOKALIKE_{name.upper()}", text, kind)
    return Settings(**values)


def _read_file(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            return tomllib.load(stream)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"The settings file {path} cannot be read: {error}") from error


def _convert(where: str, value: Any, kind: type) -> Any:
    if kind is bool:
        if isinstance(value, bool):
            return value
        text = str(value).strip().lower()
        if text in {"1", "true", "yes", "on"}:
            return True
        if text in {"0", "false", "no", "off"}:
            return False
        raise SettingsError(f"{where} is {value!r}; expected true or false.")
    if kind is str:
        return str(value)
    try:
        number = kind(value)
    except (TypeError, ValueError):
        number = -1
    # Workers and the rest are counts of which 0 means something; of seconds it does not.
    enough = number >= 0 if kind is int else 0.0 < number < _LONGEST
    if isinstance(value, bool) or not enough:
        what = "a whole number, 0 or more" if kind is int else "seconds, more than 0"
        raise SettingsError(f"{where} is {value!r}; expected {what}.")
    return number
