"""The program as a process: pipes that close, interrupts, encodings, terminals, defects."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Run, Shelf

PROGRAM = [sys.executable, "-m", "lookalike"]


def lookalike(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the program and return what it did, in bytes."""
    return subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )


def in_terminal(*arguments: str | Path, columns: int = 60, **environment: str) -> str:
    """Run the program in a pseudo-terminal and return all that it wrote there."""
    pty = pytest.importorskip("pty")
    import fcntl
    import struct
    import termios

    main, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    ignored = {"NO_COLOR", "COLUMNS", "LINES"}  # they would overrule the size of the terminal
    plain = {name: value for name, value in os.environ.items() if name not in ignored}
    process = subprocess.Popen(
        [*PROGRAM, *map(str, arguments)],
        env=plain | {"TERM": "xterm-256color", "COLORTERM": "truecolor"} | environment,
        stdin=other,
        stdout=other,
        stderr=other,
        close_fds=True,
    )
    os.close(other)
    written = b""
    while True:
        try:
            data = os.read(main, 65536) if select.select([main], [], [], 300)[0] else b""
        except OSError:  # how Linux says that the other end is closed
            break
        if not data:
            break
        written += data
    os.close(main)
    assert process.wait(timeout=300) == 0, written
    return written.decode("utf-8")


def test_the_console_script_is_the_same_program() -> None:
    script = Path(sys.executable).with_name("lookalike")
    if not script.exists():
        pytest.skip("the console script is not installed beside this Python: test not run")
    done = subprocess.run([script, "--version"], capture_output=True, check=True)
    assert done.stdout == lookalike("--version").stdout


def test_json_is_alone_on_standard_output(shelf: Shelf) -> None:
    done = lookalike(
        "search", shelf.pictures / "scene-0.jpg", "--json", LOOKALIKE_LIBRARY=str(shelf.library)
    )
    assert len(json.loads(done.stdout)) == 5
    assert f"Library: {shelf.library}".encode() in done.stderr


def test_a_pipe_that_closes_is_no_error(shelf: Shelf) -> None:
    command = [*PROGRAM, "list", "--library", str(shelf.library)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=300) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_said(shelf: Shelf) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*PROGRAM, "list", "--library", str(shelf.library)],
            stdout=full,
            stderr=subprocess.PIPE,
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"Error: No space left on device")
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "gbk"])
def test_terminals_of_other_encodings_get_something_readable(shelf: Shelf, encoding: str) -> None:
    environment = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    query = ("search", shelf.pictures / "scene-0.jpg", "--library", shelf.library)
    done = lookalike(*query, **environment)
    assert done.returncode == 0
    assert "160x120" in done.stdout.decode(encoding)
    as_json = lookalike(*query, "--json", **environment)
    assert len(json.loads(as_json.stdout.decode(encoding))) == 5


def test_an_interrupt_keeps_what_was_done_and_says_so(scenes: Path, tmp_path: Path) -> None:
    library = tmp_path / "photos.lookalike"
    lookalike("index", scenes / "scene-0.jpg", "--library", library)
    from lookalike.library.lock import writer_lock

    with writer_lock(library, wait=True):  # so that the command surely is at work: waiting
        process = subprocess.Popen(
            [*PROGRAM, "index", str(scenes), "--library", str(library)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            # Whoever runs the tests in the background of a shell has it ignored, and so would we.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        assert process.stderr is not None
        assert b"Waiting:" in process.stderr.readline()
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=300)
    assert process.returncode == 130
    assert out == b""
    assert b"What was done is kept" in err
    assert b"Traceback" not in err
    done = lookalike("index", scenes, "--library", library, "--json")
    assert json.loads(done.stdout)["images"] == 12


def test_a_terminal_gets_folded_tables_links_and_colours(shelf: Shelf) -> None:
    query = ("search", shelf.pictures / "scene-0.jpg", "--library", shelf.library)
    written = in_terminal(*query, "--no-previews")
    url = (shelf.pictures / "scene-0.jpg").as_uri()
    assert f";{url}\x1b\\" in written
    shown = re.sub(r"\x1b]8;[^\x1b]*\x1b\\|\x1b\[[\d;]*m", "", written)
    assert max(len(line.rstrip("\r\n")) for line in shown.splitlines()) <= 60
    assert str(shelf.pictures / "scene-0.jpg") in re.sub(r"\s+", "", shown)
    assert "▀" not in shown
    assert "\x1b[38" not in in_terminal(*query, NO_COLOR="1")
    assert "\x1b" not in in_terminal(*query, TERM="dumb")


def test_a_terminal_gets_previews(shelf: Shelf) -> None:
    query = ("search", shelf.pictures / "scene-0.jpg", "--library", shelf.library, "-k", "1")
    shown = in_terminal(*query)
    assert "\x1b[38;2;" in shown
    assert "▀" in shown
    kitty = in_terminal(*query, TERM="xterm-kitty")
    assert "\x1b_Ga=T,f=100" in kitty
    assert "▀" not in kitty
    assert "▀" in lookalike(*query, "--previews").stdout.decode()


def test_a_terminal_gets_a_bar_that_goes_away(scenes: Path, tmp_path: Path) -> None:
    written = in_terminal("index", scenes, "--library", tmp_path / "l.lookalike", columns=100)
    assert "Indexing" in written
    last = written.rpartition("\x1b[2K")[2]
    assert "12 added" in last
    assert "Indexing" not in last


def test_a_defect_is_said_as_one_and_shown_on_demand(
    run: Run, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("what nobody\x1b[31m thought of")

    monkeypatch.setattr("lookalike.library.library.Library.stats", broken)
    ran = run("stats", "--library", shelf.library)
    assert ran.code == 2
    assert ran.err.startswith(r"Error: RuntimeError: what nobody\x1b[31m thought of")
    assert "defect of Lookalike" in ran.err
    monkeypatch.setenv("LOOKALIKE_DEBUG", "")  # so that what --debug sets is undone
    with pytest.raises(RuntimeError):
        run("--debug", "stats", "--library", shelf.library)
