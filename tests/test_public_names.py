"""What `import lookalike` gives, and what it must not load."""

import subprocess
import sys

import lookalike
from lookalike import errors


def test_all_is_sorted_and_every_name_is_there() -> None:
    assert lookalike.__all__ == sorted(lookalike.__all__)
    for name in lookalike.__all__:
        assert hasattr(lookalike, name), name


def test_every_error_is_public_and_descends_from_one_root() -> None:
    assert set(errors.__all__) <= set(lookalike.__all__)
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), lookalike.LookalikeError)


def test_errors_inherit_what_callers_would_catch() -> None:
    assert issubclass(lookalike.SourceNotFoundError, FileNotFoundError)
    assert issubclass(lookalike.BrokenImageError, ValueError)
    assert issubclass(lookalike.NotInLibraryError, KeyError)
    assert issubclass(lookalike.MissingExtraError, ImportError)


def test_an_error_prints_as_its_sentence() -> None:
    assert str(lookalike.NotInLibraryError("No such image.")) == "No such image."
    assert str(lookalike.FetchError("Refused.")) == "Refused."


def test_import_loads_no_heavy_library() -> None:
    heavy = ("torch", "onnxruntime", "faiss", "PIL", "sqlalchemy", "sqlglot", "numpy")
    code = f"import sys, lookalike; print([name for name in {heavy!r} if name in sys.modules])"
    output = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout
    assert output.strip() == "[]"
