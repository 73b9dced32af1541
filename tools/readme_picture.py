"""Draw the picture of the README: queries of the demo, and what is found for them.

    python tools/readme_picture.py docs/images/search.png

All photographs in it are CC0 or in the public domain; see NOTICE.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

import lookalike
from lookalike.cli.demo import make_demo_folder
from lookalike.cli.words import percent
from lookalike.results import Hit

_FREE = ("chelsea", "coffee", "rocket")
_HITS = 4
_TILE = 200
_GAP = 14
_CAPTION = 50
_LEFT = 44
_TOP = 44


def main() -> None:
    """Search, draw and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("destination", type=Path)
    destination = parser.parse_args().destination
    with tempfile.TemporaryDirectory() as temporary:
        folder = make_demo_folder(Path(temporary))
        queries = [path for path in folder.queries if path.stem.startswith(_FREE)]
        with lookalike.open(folder.library) as library:
            library.add(folder.pictures)
            rows = [(query, list(library.search(query, k=_HITS))) for query in queries]
        picture = _draw(rows)
    destination.parent.mkdir(parents=True, exist_ok=True)
    picture.quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(destination, optimize=True)


def _draw(rows: list[tuple[Path, list[Hit]]]) -> Image.Image:
    width = 2 * _LEFT + (_HITS + 1) * (_TILE + _GAP) + _GAP
    height = _TOP + len(rows) * (_TILE + _CAPTION + _GAP)
    canvas = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(canvas)
    draw.text((_LEFT, 14), "asked with", fill="#555", font=ImageFont.load_default(18))
    first = _LEFT + _TILE + 3 * _GAP
    draw.text((first, 14), "found, with the probability of a match", fill="#555",
              font=ImageFont.load_default(18))  # fmt: skip
    for number, (query, hits) in enumerate(rows):
        top = _TOP + number * (_TILE + _CAPTION + _GAP)
        _tile(canvas, query, _LEFT, top, "#2a7")
        draw.text((_LEFT, top + _TILE + 6), query.name, fill="#222", font=_font())
        if not hits or hits[0].probability < 0.5:
            best = percent(hits[0].probability) if hits else "none"
            draw.text((first, top + _TILE / 2 - 20), "nothing here is a likely match", fill="#222",
                      font=ImageFont.load_default(26))  # fmt: skip
            draw.text((first, top + _TILE / 2 + 16), f"best: {best}", fill="#777", font=_font())
            continue
        for place, hit in enumerate(hits):
            left = first + place * (_TILE + _GAP)
            _tile(canvas, Path(hit.uri), left, top, None)
            name = Path(hit.uri).name
            draw.text((left, top + _TILE + 6), f"{hit.rank}.  {percent(hit.probability)}",
                      fill="#175", font=_font())  # fmt: skip
            draw.text((left, top + _TILE + 26), name, fill="#777", font=_font(14))
    return canvas


def _font(size: int = 17) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _tile(canvas: Image.Image, path: Path, left: int, top: int, frame: str | None) -> None:
    with Image.open(path) as opened:
        tile = ImageOps.fit(opened.convert("RGB"), (_TILE, _TILE))
    canvas.paste(tile, (left, top))
    if frame is not None:
        box = (left - 3, top - 3, left + _TILE + 2, top + _TILE + 2)
        ImageDraw.Draw(canvas).rectangle(box, outline=frame, width=4)


if __name__ == "__main__":
    main()
