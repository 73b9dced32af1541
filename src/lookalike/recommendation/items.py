"""Which image a name in a table of events means."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lookalike.catalog import Catalog
from lookalike.catalog.references import (
    first_by_metadata,
    first_by_page,
    first_by_uri,
    first_by_url,
    present_ids,
)
from lookalike.errors import SourceError, UsageError
from lookalike.sources import file_url_to_path, path_to_uri

__all__ = ["MATCH_IMAGE_ID", "images_named"]

MATCH_IMAGE_ID = "image_id"


def images_named(
    catalog: Catalog, names: Sequence[str], *, folder: Path, match: str | None = None
) -> dict[str, int]:
    """Return the image id of each name that the library knows.

    ``match`` says what the names are: ``image_id``, or a column that the images' own table had
    (their metadata); without it a name is the image's uri, its URL, the URL of its page, or a
    path, seen from ``folder``. Of several images of one name the first added is meant.

    Raises:
        UsageError: no image has metadata of the name ``match``.
    """
    with catalog.reading() as connection:
        if match == MATCH_IMAGE_ID:
            numbers = {name: int(name) for name in names if name.isascii() and name.isdigit()}
            known = present_ids(connection, (one for one in numbers.values() if one < 2**63))
            return {name: number for name, number in numbers.items() if number in known}
        if match is not None:
            by_value = first_by_metadata(connection, match, set(names))
            if by_value is None:
                raise UsageError(
                    f"No image of the library has a value named {match!r} from its table."
                )
            return by_value
        found = first_by_uri(connection, names)
        missing = [name for name in names if name not in found]
        found |= first_by_url(connection, missing)
        missing = [name for name in missing if name not in found]
        paths = {name: uri for name in missing if (uri := _as_path(name, folder)) is not None}
        by_path = first_by_uri(connection, dict.fromkeys(paths.values()))
        found |= {name: by_path[uri] for name, uri in paths.items() if uri in by_path}
        missing = [name for name in missing if name not in found]
        return found | first_by_page(connection, set(missing))


def _as_path(name: str, folder: Path) -> str | None:
    try:
        path = file_url_to_path(name) if name.lower().startswith("file:") else Path(name)
        return path_to_uri(folder / path.expanduser())
    except (SourceError, ValueError, RuntimeError):  # NUL, or the home of an unknown user
        return None
