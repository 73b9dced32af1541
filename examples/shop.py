"""Index a shop's catalogue and answer a customer's picture with the pages of products.

python examples/shop.py [CATALOGUE.csv PICTURE [FILTER]]

A catalogue is a table with a column of picture paths or URLs; all other columns can be filtered.
"""

import csv
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw

import lookalike

SHAPES = {"bowl": "ellipse", "box": "rectangle", "tray": "rounded_rectangle"}
STRIPES = {"red": 4, "blue": 8, "green": 16}


def draw_product(category: str, colour: str, side: int) -> Image.Image:
    """Draw one product on white."""
    picture = Image.new("RGB", (side, side), "white")
    corners = (side // 8, side // 4, side * 7 // 8, side * 3 // 4)
    pen = ImageDraw.Draw(picture)
    getattr(pen, SHAPES[category])(corners, fill=colour)
    for x in range(0, side, side // STRIPES[colour]):
        pen.line((x, 0, x, side), fill="white", width=side // 40)
    return picture


def write_catalogue(folder: Path) -> tuple[Path, Path]:
    """Write a catalogue of nine products and a customer's picture, for want of real ones."""
    rows: list[list[str | int]] = [["image", "page_url", "category", "price"]]
    for category in SHAPES:
        for colour in STRIPES:
            name = f"{colour}-{category}"
            draw_product(category, colour, 200).save(folder / f"{name}.png")
            page = f"https://shop.example/{name}"
            rows.append([f"{name}.png", page, category, len(rows) * 10])
    with (folder / "catalogue.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    draw_product("bowl", "blue", 160).save(folder / "query.jpg", quality=60)
    return folder / "catalogue.csv", folder / "query.jpg"


def main(arguments: list[str]) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        here = Path(temporary)
        given = arguments or (*write_catalogue(here), "price < 60")
        catalogue, picture, where = (*given, None)[:3]
        with lookalike.open(here / "shop.lookalike") as library:
            print(library.add(catalogue))
            for hit in library.search(picture, k=3, where=where, fold=True):
                price = hit.metadata.get("price", "")
                print(f"{hit.rank}  {hit.probability:4.0%}  {price:>6}  {hit.page_url or hit.url}")


if __name__ == "__main__":
    main(sys.argv[1:])
