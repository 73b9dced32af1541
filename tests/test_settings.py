"""Settings come from a file, then from the environment."""

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lookalike import Settings, SettingsError, load_settings
from lookalike.images import Limits
from lookalike.settings import cores
from lookalike.sources import Fetcher


def test_defaults_without_file_and_environment(tmp_path: Path) -> None:
    assert load_settings({}, tmp_path / "none.toml") == Settings()


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "lookalike.toml"
    path.write_text('workers = 3\nlibrary = "a"\nallow_private_addresses = true\n')
    settings = load_settings({"LOOKALIKE_WORKERS": "5"}, path)
    assert (settings.workers, settings.library) == (5, "a")
    assert settings.allow_private_addresses is True


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("workerz = 1", "workerz"),
        ("workers = 'many'", "workers"),
        ("workers = -1", "workers"),
        ("workers = true", "workers"),
        ("workers = 2.5", "workers is 2.5; expected a whole number, 0 or more"),
        ("max_bytes = 0", "max_bytes is 0; expected a whole number, 1 or more"),
        ("model = 5", "model is 5; expected a text"),
        ("allow_private_addresses = 'perhaps'", "true or false"),
        ("workers = = 1", "cannot be read"),
    ],
)
def test_a_wrong_file_is_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "lookalike.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=told):
        load_settings({}, path)


def test_a_wrong_environment_is_told() -> None:
    with pytest.raises(SettingsError, match="LOOKALIKE_TIME_LIMIT"):
        load_settings({"LOOKALIKE_TIME_LIMIT": "soon"}, Path("nowhere.toml"))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"workers": "x"}, "workers is 'x'; expected a whole number, 0 or more"),
        ({"workers": "1"}, "workers is '1'"),
        ({"workers": -1}, "workers is -1"),
        ({"workers": 2.0}, "workers is 2.0"),
        ({"workers": True}, "workers is True"),
        ({"max_pixels": 0}, "max_pixels is 0; expected a whole number, 1 or more"),
        ({"max_bytes": None}, "max_bytes is None"),
        ({"time_limit": -1}, "time_limit is -1; expected seconds, more than 0"),
        ({"time_limit": float("nan")}, "time_limit is nan"),
        ({"fetch_timeout": "20"}, "fetch_timeout is '20'"),
        ({"fetch_timeout": float("inf")}, "fetch_timeout is inf"),
        ({"allow_private_addresses": 1}, "allow_private_addresses is 1; expected true or false"),
        ({"model": None}, "model is None; expected a text"),
        ({"library": 3}, "library is 3; expected a text"),
    ],
)
def test_settings_check_themselves(given: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings(**given)
    assert str(caught.value).startswith(told)
    assert isinstance(caught.value, ValueError)


def test_settings_keep_plain_values() -> None:
    settings = Settings(library=Path("a"), time_limit=3, workers=np.int32(2))  # type: ignore[arg-type]
    assert settings == Settings(library="a", time_limit=3.0, workers=2)
    assert (type(settings.workers), type(settings.time_limit)) == (int, float)


def test_the_limits_of_settings_are_those_of_pictures_and_downloads() -> None:
    settings = Settings(max_pixels=7, max_bytes=9, fetch_timeout=3.0)
    assert Limits.of(settings) == Limits(max_pixels=7, max_bytes=9)
    with closing(Fetcher.of(settings)) as fetcher:
        assert (fetcher._timeout, fetcher._max_bytes) == (3.0, 9)


def test_cores_are_those_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0, 5, 7})
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    monkeypatch.setattr("lookalike.settings._CPU_MAX", Path("no such file"))
    assert cores() == 3


@pytest.mark.parametrize(
    ("text", "count"),
    [("150000 100000", 2), ("50000 100000", 1), ("max 100000", 8), ("900000 100000", 8), ("", 8)],
)
def test_cores_are_no_more_than_the_control_group_may_use(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, count: int
) -> None:
    (tmp_path / "cpu.max").write_text(text + "\n")
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(8)))
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    monkeypatch.setattr("lookalike.settings._CPU_MAX", tmp_path / "cpu.max")
    assert cores() == count
