"""The note by which a worker says what it is at."""

import subprocess
import sys
import time

from lookalike.ingest.note import ProgressNote


def test_what_is_written_can_be_read_with_the_seconds_since() -> None:
    with ProgressNote.create() as note:
        begun = time.monotonic()
        note.write(7)
        written = time.monotonic()
        time.sleep(0.02)
        asked = time.monotonic()
        number, elapsed = note.read()
        assert number == 7
        assert asked - written <= elapsed <= time.monotonic() - begun
        note.write(None)
        assert note.read()[0] is None


def test_another_process_writes_and_this_one_reads() -> None:
    code = (
        "import sys; from lookalike.ingest.note import ProgressNote; "
        "ProgressNote(int(sys.argv[1])).write(41)"
    )
    with ProgressNote.create() as note:
        note.write(1)
        subprocess.run(
            [sys.executable, "-c", code, str(note.descriptor)],
            pass_fds=(note.descriptor,),
            check=True,
        )
        assert note.read()[0] == 41
