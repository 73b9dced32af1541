"""Settings come from a file, then from the environment."""

from pathlib import Path

import pytest

from lookalike import Settings, SettingsError, load_settings


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
