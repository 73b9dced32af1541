#!/usr/bin/env bash
# Index a folder and list, for each picture, the one most like it: the command line in a pipeline.
#
#     bash examples/script.sh [FOLDER]
#
# With --json standard output holds JSON alone; all else goes to standard error. Exit codes are
# 0 done, 1 nothing found or some inputs failed, 2 wrong use.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LOOKALIKE_LIBRARY="$work/script.lookalike"

folder=${1:-$work/pictures}
if [ $# -eq 0 ]; then # draw some pictures, for want of real ones
    mkdir "$folder"
    python3 - "$folder" <<'PYTHON'
import sys
from PIL import Image, ImageDraw
for number, colour in enumerate(("red", "orange", "navy", "blue")):
    picture = Image.new("RGB", (120, 120), "white")
    ImageDraw.Draw(picture).ellipse((20 + number, 30, 100, 90), fill=colour)
    picture.save(f"{sys.argv[1]}/{colour}.png")
PYTHON
fi

lookalike index "$folder" --json > "$work/report.json"
echo "images: $(python3 -c 'import json, sys; print(json.load(sys.stdin)["images"])' < "$work/report.json")"

lookalike list --json |
    python3 -c 'import json, sys; [print(image["uri"]) for image in json.load(sys.stdin)]' |
    while IFS= read -r image; do
        lookalike search "$image" -k 2 --json |
            python3 -c '
import json, os, sys
hits = [hit for hit in json.load(sys.stdin) if hit["uri"] != sys.argv[1]]
name = os.path.basename
print(name(sys.argv[1]), "->", *(name(hit["uri"]) for hit in hits[:1]))
' "$image"
    done
