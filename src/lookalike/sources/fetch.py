"""Pictures from the web, fetched with every guard up."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from lookalike.errors import BlockedAddressError, FetchError, LookalikeError
from lookalike.settings import Settings

from .guard import Resolver, resolve

if TYPE_CHECKING:
    import ssl

    import httpcore

__all__ = ["Fetched", "Fetcher"]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CONNECTIONS = 32
_IDLE_SECONDS = 10.0
_HEADERS = [
    (b"User-Agent", b"lookalike (image search)"),
    (b"Accept", b"image/avif,image/webp,image/png,image/jpeg,image/*;q=0.9,*/*;q=0.5"),
    (b"Accept-Encoding", b"identity"),
]
_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
_HOST = re.compile(r"[A-Za-z0-9._:%-]+")
_SAFE_PATH = "/%:=&?~+!$,;'@()*[]"


@dataclass(frozen=True, slots=True)
class Fetched:
    """The answer to a request: its bytes, the URL after redirects, the stated type."""

    data: bytes
    url: str
    content_type: str


class Fetcher:
    """Fetches http and https URLs; may be shared by threads.

    Private addresses are refused unless allowed, at each redirect anew; size and total time
    are limited; proxies of the environment are not used.

    Args:
        timeout: seconds that one fetch may take as a whole, redirects included.
        max_bytes: an answer of more bytes is refused.
        allow_private_addresses: whether URLs may lead to addresses such as 127.0.0.1.
        max_redirects: how many redirects are followed.
        resolver: turns host names into addresses; the system's unless given.
    """

    def __init__(
        self,
        *,
        timeout: float,
        max_bytes: int,
        allow_private_addresses: bool = False,
        max_redirects: int = 5,
        resolver: Resolver = resolve,
    ) -> None:
        import httpcore

        from .network import Deadline, GuardedBackend

        self._timeout = timeout
        self._max_bytes = max_bytes
        self._max_redirects = max_redirects
        self._deadline = Deadline()
        self._pool = httpcore.ConnectionPool(
            ssl_context=_trusted(),
            max_connections=_CONNECTIONS,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=GuardedBackend(
                self._deadline,
                allow_private_addresses=allow_private_addresses,
                resolver=resolver,
            ),
        )

    @classmethod
    def of(cls, settings: Settings) -> Fetcher:
        """Return a fetcher with the limits that the settings give."""
        return cls(
            timeout=settings.fetch_timeout,
            max_bytes=settings.max_bytes,
            allow_private_addresses=settings.allow_private_addresses,
        )

    def get(self, url: str) -> Fetched:
        """Fetch a URL.

        Raises:
            BlockedAddressError: it, or a redirect, leads to a private address.
            FetchError: it cannot be fetched: no such host, an error status, too slow, too
                large, too many redirects.
        """
        import httpcore

        self._deadline.start(self._timeout)
        try:
            return self._follow(url)
        except LookalikeError:
            raise
        except httpcore.TimeoutException as error:
            raise FetchError(f"{url} took longer than {self._timeout:g} s.") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise FetchError(f"{url} cannot be fetched: {reason}.") from error

    def close(self) -> None:
        """Close the connections that are open."""
        self._pool.close()

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _follow(self, url: str) -> Fetched:
        current = url
        for _ in range(self._max_redirects + 1):
            with self._request(current) as response:
                location = _header(response, b"location")
                if response.status not in _REDIRECTS or not location:
                    return self._take(response, url, current)
            try:
                current = urljoin(current, location)
            except ValueError as error:
                raise FetchError(f"{url} redirects to {location!r}, which is no URL.") from error
        raise FetchError(f"{url} redirects more than {self._max_redirects} times.")

    def _request(self, url: str) -> _Opened:
        import httpcore

        ascii_url, host = _ascii_url(url)
        request = httpcore.Request(
            "GET",
            ascii_url,
            headers=[(b"Host", host), *_HEADERS],
            extensions={"timeout": {"pool": self._deadline.remaining()}},
        )
        return _Opened(self._pool.handle_request(request))

    def _take(self, response: httpcore.Response, url: str, final: str) -> Fetched:
        from http import HTTPStatus

        if response.status != HTTPStatus.OK:
            try:
                phrase = f" {HTTPStatus(response.status).phrase}"
            except ValueError:
                phrase = ""
            raise FetchError(f"{url} answers {response.status}{phrase}.")
        declared = _header(response, b"content-length")
        if declared.isdecimal() and int(declared) > self._max_bytes:
            raise self._too_large(url)
        data = self._read(response.iter_stream(), _header(response, b"content-encoding"), url)
        return Fetched(data, final, _header(response, b"content-type"))

    def _read(self, pieces: Iterable[bytes], encoding: str, url: str) -> bytes:
        """Return the body, unpacked within the size limit should it come packed unasked."""
        encoding = encoding.strip().lower()
        if encoding not in ("", "identity", *_WINDOW_BITS):
            raise FetchError(f"{url} answers in the encoding {encoding!r}, which is not read.")
        unpack = zlib.decompressobj(_WINDOW_BITS[encoding]) if encoding in _WINDOW_BITS else None
        body = bytearray()
        for piece in pieces:
            self._deadline.remaining()
            if unpack is None:
                body += piece
            else:
                try:
                    body += unpack.decompress(piece, self._max_bytes + 1 - len(body))
                except zlib.error as error:
                    raise FetchError(f"{url} answers with damaged {encoding} data.") from error
            if len(body) > self._max_bytes:
                raise self._too_large(url)
        if unpack is not None and not unpack.eof:
            raise FetchError(f"{url} answers with {encoding} data that is cut off.")
        return bytes(body)

    def _too_large(self, url: str) -> FetchError:
        return FetchError(f"{url} is larger than the {self._max_bytes:,} bytes allowed.")


class _Opened:
    """A response that is closed at the end of a with statement, read or not."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __enter__(self) -> httpcore.Response:
        return self._response

    def __exit__(self, *_: object) -> None:
        self._response.close()


def _trusted() -> ssl.SSLContext:
    """Return a context that trusts the system's authorities and those of certifi."""
    import ssl

    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _header(response: httpcore.Response, name: bytes) -> str:
    for key, value in response.headers:
        if key.lower() == name:
            return value.decode("latin-1").strip()
    return ""


def _ascii_url(url: str) -> tuple[str, bytes]:
    """Return a URL in ASCII without its fragment, and the value of the Host header.

    Raises:
        FetchError: it is no URL, names no host, or carries a user name.
        BlockedAddressError: it is of another scheme than http and https.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise FetchError(f"{url} is no URL: {error}.") from error
    if parts.scheme not in {"http", "https"}:
        raise BlockedAddressError(f"{url} is not fetched: only http and https URLs are.")
    if not host:
        raise FetchError(f"{url} names no host.")
    if parts.username is not None:
        raise FetchError("URLs that carry a user name or password are not fetched.")
    try:
        name = host if ":" in host else host.encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    if not _HOST.fullmatch(name):
        raise FetchError(f"{url} names the host {host!r}, which cannot be.")
    netloc = (f"[{name}]" if ":" in name else name) + (f":{port}" if port is not None else "")
    path = quote(parts.path or "/", safe=_SAFE_PATH)
    query = quote(parts.query, safe=_SAFE_PATH)
    return urlunsplit((parts.scheme, netloc, path, query, "")), netloc.encode("ascii")
