"""Index a folder of photographs, find those like one of them, and the copies of it.

python examples/photographs.py [FOLDER [PHOTOGRAPH]]
"""

import random
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw

import lookalike


def draw_photographs(folder: Path) -> Path:
    """Draw some pictures and an edited copy of the first, for want of photographs."""
    folder.mkdir()
    for number in range(6):
        chance = random.Random(number)
        picture = Image.new("RGB", (240, 180), tuple(chance.choices(range(256), k=3)))
        pen = ImageDraw.Draw(picture)
        for _ in range(5):
            x, y = chance.randrange(200), chance.randrange(140)
            shape = chance.choice([pen.ellipse, pen.rectangle])
            shape((x, y, x + 60, y + 50), fill=tuple(chance.choices(range(256), k=3)))
        picture.save(folder / f"photograph-{number}.jpg", quality=92)
    with Image.open(folder / "photograph-0.jpg") as first:
        first.resize((160, 120)).save(folder / "smaller-copy.jpg", quality=70)
    return folder


def main(arguments: list[str]) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        here = Path(temporary)
        folder = Path(arguments[0]) if arguments else draw_photographs(here / "pictures")
        with lookalike.open(here / "photographs.lookalike") as library:
            print(library.add(folder))
            first = next(iter(library.images()))
            query = arguments[1] if len(arguments) > 1 else first.uri
            for hit in library.search(query, k=4, fold=True):
                print(f"{hit.rank}  {hit.probability:4.0%}  {Path(hit.uri).name}")
                for copy in hit.repeats:
                    print(f"      the same picture: {Path(copy.uri).name}")


if __name__ == "__main__":
    main(sys.argv[1:])
