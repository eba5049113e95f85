"""A proxy before a real S3 server that can misbehave, and a bucket behind it."""

import http.client
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec

from edge_node.settings import S3Source

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

JPEG = b"\xff\xd8\xff\xe0 a picture as far as the mirror looks \xff\xd9"

Fault = Callable[["Proxy"], None]


class Proxy(BaseHTTPRequestHandler):
    """Passes GET requests on, unless the server's `fault` for the path says otherwise."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "FaultyServer"

    def do_GET(self) -> None:
        fault = self.server.fault(self.path)
        if fault is not None:
            fault(self)
        else:
            self.answer(*self.upstream())

    def upstream(self) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(*self.server.target, timeout=10)
        connection.request("GET", self.path, headers=dict(self.headers))
        response = connection.getresponse()
        body = response.read()
        connection.close()
        kept = {
            k: v for k, v in response.getheaders() if k.lower() in ("etag", "content-type", "last-modified")
        }
        return response.status, kept, body

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Quiet."""


def well(path: str) -> Fault | None:
    """No fault on any path."""
    return None


class FaultyServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, target: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), Proxy)
        self.target = target
        self.fault: Callable[[str], Fault | None] = well
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


def refuse(status: int, code: str) -> Fault:
    """An answer as S3 words its errors."""
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>no</Message></Error>'.encode()
    return lambda proxy: proxy.answer(status, {"Content-Type": "application/xml"}, body)


def stay_silent(proxy: Proxy) -> None:
    """Takes the request and never answers."""
    proxy.server.closing.wait()
    proxy.close_connection = True


def cut_short(proxy: Proxy) -> None:
    """Half the body, then the connection closes."""
    status, headers, body = proxy.upstream()
    proxy.send_response(status)
    for name, value in {**headers, "Content-Length": str(len(body))}.items():
        proxy.send_header(name, value)
    proxy.end_headers()
    proxy.wfile.write(body[: len(body) // 2])
    proxy.close_connection = True


class Cloud:
    """A bucket of the test's own, as the people who fill it see it."""

    def __init__(self, client: "S3Client", url: str) -> None:
        self.client, self.url, self.bucket = client, url, f"faces-{uuid4().hex[:12]}"
        client.create_bucket(Bucket=self.bucket)

    def put(self, key: str, body: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=key, Body=body)

    def delete(self, *keys: str) -> None:
        for key in keys:
            self.client.delete_object(Bucket=self.bucket, Key=key)

    def source(self, **changes: str) -> S3Source:
        return msgspec.convert({"bucket": self.bucket, "endpoint_url": self.url, **changes}, S3Source)
