"""What every request passes: sizes, hosts, headers, problem answers."""

import gzip
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from bookbridge.kernel.clock import FixedClock
from bookbridge.web import app as web_app
from tests.support import web
from tests.support.web import Site

MIB = 1024 * 1024


def _chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // 65_536 + 1):
        yield b" " * 65_536


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_stops_at_two_mebibytes(site: Site, is_chunked: bool) -> None:
    """With or without a declared length, more than 2 MiB of JSON is refused before anything parses it."""
    content = _chunks(3 * MIB) if is_chunked else b" " * (2 * MIB + 1)
    answer = site.client.post("/api/invoices/from-order", content=content, headers=site.key())
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_compressed_body_is_refused(site: Site) -> None:
    """A bomb cannot go off where nothing is unpacked."""
    bomb = gzip.compress(b" " * MIB)
    headers = site.key() | {"Content-Encoding": "gzip"}
    answer = site.client.post("/api/invoices/from-order", content=bomb, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "compressed_body")


def test_too_many_headers_are_refused(site: Site) -> None:
    """Headers are limited to 32 KiB."""
    answer = site.client.get("/livez", headers={f"X-{number}": "y" * 1000 for number in range(40)})
    assert answer.status_code == 431


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::2]"])
def test_an_unknown_host_is_refused(site: Site, host: str) -> None:
    """A name that was pointed at this server by a stranger gets no answer."""
    assert site.client.get("/api/orders", headers=site.key() | {"Host": host}).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1:3000", "localhost", "LOCALHOST:81", "[::1]:3000"])
def test_loopback_names_are_known(site: Site, host: str) -> None:
    """This machine's own names work with any port."""
    assert site.client.get("/api/orders", headers=site.key() | {"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/livez", "/login", "/static/style.css", "/nothing", "/api/orders", "/hooks/orders/x"]
)
def test_every_answer_has_the_security_headers(site: Site, path: str) -> None:
    """Pages, data, files and refusals alike."""
    answer = site.client.get(path)
    assert answer.headers["content-security-policy"].startswith("default-src 'none';")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-request-id"]
    assert "server" not in answer.headers
    assert "strict-transport-security" not in answer.headers
    if not path.startswith("/static/"):
        assert answer.headers["cache-control"] == "no-store"


def test_https_adds_hsts_and_the_strict_cookie(sqlite_url: str, tmp_path: object) -> None:
    """Behind TLS the browser is told to stay there, and the cookie is bound to the host."""
    from pathlib import Path

    made = web.build(sqlite_url, Path(str(tmp_path)) / "home", public_url="https://books.example.com")
    with TestClient(web_app.create(made.app), base_url="https://books.example.com") as client:
        answer = client.post(
            "/login",
            data={"token": made.link()},
            headers={"Origin": "https://books.example.com"},
            follow_redirects=False,
        )
        assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-bookbridge=")
        assert "HttpOnly" in cookie and "Secure" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie
    made.app.close()


def test_methods_that_are_not_declared_are_refused(site: Site) -> None:
    """TRACE, PUT and friends get a problem."""
    for method in ("TRACE", "PUT", "PROPFIND"):
        answer = site.client.request(method, "/api/orders", headers=site.key())
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_a_problem_says_what_to_do_and_how_to_find_it_again(site: Site) -> None:
    """Problem documents carry our code, one sentence twice, and the correlation id of the headers."""
    answer = site.client.get("/api/nothing", headers=site.key() | {"X-Request-Id": "my-request-42"})
    told = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert told["error"] == told["detail"] and told["status"] == answer.status_code == 404
    assert told["correlation_id"] == answer.headers["x-request-id"] == "my-request-42"


def test_an_unforeseen_error_leaks_nothing(site: Site) -> None:
    """The answer to our own mistake is constant: no path, no statement, no secret."""
    headers = site.key()
    site.client.get("/api/orders", headers=headers)
    with site.app.services.db.transaction() as tx:
        tx.exec_driver_sql("ALTER TABLE bb_orders RENAME TO bb_gone")
    answer = site.client.get("/api/orders", headers=headers)
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert "bb_" not in answer.text and "SELECT" not in answer.text and "Error" not in answer.text


def test_probes_say_only_up_or_down(site: Site, clock: FixedClock) -> None:
    """Health says nothing a stranger could use; without its schema the process is not ready."""
    assert site.client.get("/livez").json() == {"status": "up"}
    assert site.client.get("/readyz").json() == {"status": "up"}
    with site.app.services.db.transaction() as tx:
        tx.exec_driver_sql("UPDATE bb_schema_version SET version_num = '0000'")
    clock.advance(1.0)
    down = site.client.get("/readyz")
    assert (down.status_code, down.json()) == (503, {"status": "down"})


def test_metrics_need_their_scope_and_count(site: Site) -> None:
    """Counts of orders and answers are there for a key that may read them."""
    assert site.client.get("/metrics").status_code == 401
    assert site.client.get("/metrics", headers=site.key("orders:read")).status_code == 403
    site.connect()
    text = site.client.get("/metrics", headers=site.key("metrics:read")).text
    assert 'bookbridge_orders{state="failed"} 0.0' in text
    assert 'bookbridge_http_requests_total{area="metrics",status="401"} 1.0' in text
    assert 'bookbridge_zoho_calls_left{organization_id="10000001"}' in text
