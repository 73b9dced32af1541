"""Fetching from a server of our own that behaves badly on purpose."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lookalike.errors import BlockedAddressError, FetchError
from lookalike.sources import Fetched, Fetcher

BODY = bytes(range(256)) * 4


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, dict[str, str], int]]
    over: threading.Event

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].strip("/").replace("-", "_")
        self.seen.append((self.path, dict(self.headers), self.client_address[1]))
        getattr(self, "answer_" + path.split("/")[0], self.answer_missing)()

    def send(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def answer_picture(self) -> None:
        self.send(200, BODY, Content_Type="image/png")

    def answer_missing(self) -> None:
        self.send(404)

    def answer_busy(self) -> None:
        self.send(503)

    def answer_again(self) -> None:
        self.send(302, Location="/again")

    def answer_moved(self) -> None:
        count = int(self.path.rsplit("/", 1)[1])
        self.send(301, b"moved", Location=f"/moved/{count - 1}" if count else "/picture?final=1")

    def answer_metadata(self) -> None:
        self.send(302, Location="http://169.254.169.254/latest")

    def answer_to_file(self) -> None:
        self.send(302, Location="file:///etc/hosts")

    def answer_nowhere(self) -> None:
        self.send(302, Location="http://[bad/")

    def answer_no_location(self) -> None:
        self.send(302)

    def answer_endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        try:
            while True:
                self.wfile.write(bytes(65536))
        except OSError:
            pass

    def answer_drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.drip(b"x" * 1000)

    def answer_drip_header(self) -> None:
        self.drip(b"HTTP/1.1 200 OK\r\nX-Long: " + b"y" * 1000)

    def drip(self, data: bytes) -> None:
        self.close_connection = True
        try:
            for byte in data:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                if self.over.wait(0.05):
                    break
        except OSError:
            pass

    def answer_silent(self) -> None:
        self.over.wait(60)
        self.close_connection = True

    def answer_rubbish(self) -> None:
        self.wfile.write(b"this is not HTTP at all\r\n\r\n")
        self.close_connection = True

    def answer_cut(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"only this")
        self.close_connection = True

    def answer_gzip(self) -> None:
        self.send(200, gzip.compress(BODY), Content_Encoding="gzip")

    def answer_gzip_bomb(self) -> None:
        self.send(200, gzip.compress(bytes(10_000_000)), Content_Encoding="gzip")

    def answer_gzip_broken(self) -> None:
        self.send(200, b"not gzip", Content_Encoding="gzip")

    def answer_gzip_cut(self) -> None:
        self.send(200, gzip.compress(BODY)[:-20], Content_Encoding="gzip")

    def answer_brotli(self) -> None:
        self.send(200, b"?", Content_Encoding="br")

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients that hang up are what these tests are about."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    handler = type("Recording", (Handler,), {"seen": [], "over": threading.Event()})
    with Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        handler.over.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def address(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    with Fetcher(timeout=5, max_bytes=10_000, allow_private_addresses=True) as fetcher:
        yield fetcher


def test_a_picture_is_fetched(fetcher: Fetcher, address: str) -> None:
    assert fetcher.get(address + "/picture") == Fetched(BODY, address + "/picture", "image/png")


def test_redirects_are_followed_to_their_end(fetcher: Fetcher, address: str) -> None:
    fetched = fetcher.get(address + "/moved/4")
    assert (fetched.data, fetched.url) == (BODY, address + "/picture?final=1")


def test_too_many_redirects_are_refused(fetcher: Fetcher, address: str) -> None:
    for path in ("/moved/5", "/again"):
        with pytest.raises(FetchError, match="more than 5 times"):
            fetcher.get(address + path)


def test_the_number_of_redirects_can_be_set(address: str) -> None:
    with (
        Fetcher(
            timeout=5, max_bytes=9999, allow_private_addresses=True, max_redirects=0
        ) as fetcher,
        pytest.raises(FetchError, match="more than 0 times"),
    ):
        fetcher.get(address + "/moved/0")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/nothing", "404 Not Found"),
        ("/busy", "503 Service Unavailable"),
        ("/no-location", "302 Found"),
        ("/nowhere", "no URL"),
        ("/endless", "larger than the 10,000 bytes"),
        ("/gzip-bomb", "larger than the 10,000 bytes"),
        ("/gzip-broken", "damaged gzip"),
        ("/gzip-cut", "cut off"),
        ("/brotli", "'br'"),
        ("/rubbish", "cannot be fetched"),
        ("/cut", "cannot be fetched"),
    ],
)
def test_bad_answers_are_fetch_errors(
    fetcher: Fetcher, address: str, path: str, words: str
) -> None:
    with pytest.raises(FetchError, match=words):
        fetcher.get(address + path)
    assert fetcher.get(address + "/picture").data == BODY


def test_a_declared_size_is_refused_before_reading(address: str) -> None:
    with (
        Fetcher(timeout=5, max_bytes=len(BODY) - 1, allow_private_addresses=True) as fetcher,
        pytest.raises(FetchError, match="larger"),
    ):
        fetcher.get(address + "/picture")


def test_the_size_limit_is_exact(address: str) -> None:
    with Fetcher(timeout=5, max_bytes=len(BODY), allow_private_addresses=True) as fetcher:
        assert fetcher.get(address + "/picture").data == BODY
        assert fetcher.get(address + "/gzip").data == BODY


@pytest.mark.parametrize("path", ["/drip", "/drip-header", "/silent"])
def test_slow_answers_end_with_the_time(address: str, path: str) -> None:
    with Fetcher(timeout=0.4, max_bytes=10_000, allow_private_addresses=True) as fetcher:
        begun = time.monotonic()
        with pytest.raises(FetchError, match=r"longer than 0\.4 s"):
            fetcher.get(address + path)
        assert time.monotonic() - begun < 20  # the answers take a minute


def test_a_resolver_that_hangs_ends_with_the_time() -> None:
    over = threading.Event()

    def resolver(_host: str, _port: int) -> list[str]:
        over.wait(60)
        return []

    with Fetcher(timeout=0.2, max_bytes=10, resolver=resolver) as fetcher:
        begun = time.monotonic()
        with pytest.raises(FetchError, match="longer"):
            fetcher.get("http://slow.test/a.jpg")
        assert time.monotonic() - begun < 20
    over.set()


def test_private_addresses_are_refused_unless_allowed(server, address: str) -> None:
    with Fetcher(timeout=5, max_bytes=10_000) as fetcher, pytest.raises(BlockedAddressError):
        fetcher.get(address + "/picture")
    assert server.RequestHandlerClass.seen == []


def test_a_redirect_to_a_private_address_is_refused(server) -> None:
    """The first host counts as public here; what it redirects to does not."""
    asked: list[str] = []

    def resolver(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["8.8.8.8"] if host == "shop.test" else [host]

    with Fetcher(timeout=5, max_bytes=10_000, resolver=resolver) as fetcher:
        real = socket.create_connection

        def connect(
            target: tuple[str, int], *arguments: object, **options: object
        ) -> socket.socket:
            assert target[0] == "8.8.8.8"
            return real(("127.0.0.1", server.server_port), *arguments, **options)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(socket, "create_connection", connect)
            with pytest.raises(BlockedAddressError, match=r"169\.254\.169\.254"):
                fetcher.get("http://shop.test/metadata")
    assert asked == ["shop.test", "169.254.169.254"]


def test_the_connection_goes_to_the_address_that_was_checked(server) -> None:
    """A name that changes its answer (DNS rebinding) is asked only once."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    with Fetcher(
        timeout=5,
        max_bytes=10_000,
        allow_private_addresses=True,
        resolver=lambda *_: next(answers),
    ) as fetcher:
        assert fetcher.get(f"http://shop.test:{server.server_port}/picture").data == BODY
    ((_, headers, _),) = server.RequestHandlerClass.seen
    assert headers["Host"] == f"shop.test:{server.server_port}"
    assert next(answers) == ["10.0.0.1"]


def test_the_next_address_is_tried_when_one_does_not_answer(server) -> None:
    with Fetcher(
        timeout=5,
        max_bytes=10_000,
        allow_private_addresses=True,
        resolver=lambda *_: ["127.0.0.2", "127.0.0.1"],
    ) as fetcher:
        assert fetcher.get(f"http://shop.test:{server.server_port}/picture").data == BODY


@pytest.mark.parametrize("path", ["/to-file"])
def test_a_redirect_to_a_file_is_refused(fetcher: Fetcher, address: str, path: str) -> None:
    with pytest.raises(BlockedAddressError, match="only http and https"):
        fetcher.get(address + path)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://example.com/a", "only http"),
        ("file:///etc/hosts", "only http"),
        ("http:///a.jpg", "no host"),
        ("http://user:secret@example.com/a.jpg", "user name"),
        ("http://exa mple.com/a.jpg", "cannot be"),
        ("http://example.com:99999/", "no URL"),
        ("not a url", "only http"),
        ("http://" + "a" * 70 + ".com/", "cannot be"),
    ],
)
def test_wrong_urls_are_named(fetcher: Fetcher, url: str, words: str) -> None:
    with pytest.raises(FetchError, match=words) as caught:
        fetcher.get(url)
    assert "secret" not in str(caught.value)


def test_urls_outside_ascii_are_encoded(fetcher: Fetcher, server, address: str) -> None:
    with pytest.raises(FetchError, match="404"):
        fetcher.get(address + "/größe a.jpg?q=ä&x=%20#part")
    ((path, _, _),) = server.RequestHandlerClass.seen
    assert path == "/gr%C3%B6%C3%9Fe%20a.jpg?q=%C3%A4&x=%20"


def test_threads_share_one_fetcher(fetcher: Fetcher, address: str) -> None:
    with ThreadPoolExecutor(16) as pool:
        bodies = list(pool.map(lambda _: fetcher.get(address + "/picture").data, range(64)))
    assert set(bodies) == {BODY}


def test_connections_are_used_again(fetcher: Fetcher, server, address: str) -> None:
    for _ in range(5):
        fetcher.get(address + "/picture")
    assert len({port for _, _, port in server.RequestHandlerClass.seen}) == 1


def test_proxies_of_the_environment_are_not_used(monkeypatch, fetcher, address: str) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetcher.get(address + "/picture").data == BODY


def test_nobody_listening_is_a_fetch_error(fetcher: Fetcher) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(FetchError, match="cannot be fetched"):
            fetcher.get(f"http://127.0.0.1:{port}/")
