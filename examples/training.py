"""Learn a better embedding from a folder with one folder for each class, and judge it.

python examples/training.py [FOLDER [MODEL_FOLDER]]

Needs the extra: pip install 'lookalike[train]'
"""

import random
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw

from lookalike.training import preset, train


def draw_classes(folder: Path) -> Path:
    """Draw eight classes of four pictures: a colour and a shape each, for want of real ones."""
    for number in range(8):
        (folder / f"class-{number}").mkdir(parents=True)
        chance = random.Random(number)
        colour = tuple(chance.choices(range(256), k=3))
        for copy in range(4):
            picture = Image.effect_noise((96, 96), 30).convert("RGB")
            x, y = chance.randrange(30), chance.randrange(30)
            circle = (x + 30, y + 30, 28)
            turned = {"rotation": copy * 9, "fill": colour}
            ImageDraw.Draw(picture).regular_polygon(circle, 3 + number % 5, **turned)
            picture.save(folder / f"class-{number}" / f"{copy}.png")
    return folder


def main(arguments: list[str]) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        here = Path(temporary)
        recipe = preset("head")
        if not arguments:  # a tiny network, for want of time
            recipe = recipe.changed(
                backbone="compact", capacity=0.25, input_size=32, views=0, epochs=3
            )
        data = Path(arguments[0]) if arguments else draw_classes(here / "classes")
        out = Path(arguments[1]) if len(arguments) > 1 else here / "own.model"
        result = train([data], out=out, recipe=recipe)
        print(result.table.markdown())
        print(result.verdict.sentence)
        if result.promoted and len(arguments) > 1:
            print(f"Next: lookalike models add {result.folder}")


if __name__ == "__main__":
    main(sys.argv[1:])
