"""What the durable-execution library logs takes our way out."""

import io
import logging
from pathlib import Path

import pytest

from tests.support.running import running_app
from tests.support.sandbox import running_sandbox


def test_the_library_logs_through_our_handlers_and_not_beside_them(
    sqlite_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A line of the library reaches the root's handlers; a stream it was given earlier may be closed."""
    closed = io.StringIO()
    logging.getLogger("dbos").addHandler(logging.StreamHandler(closed))
    closed.close()
    with running_sandbox(limits="off") as box, running_app(box, url=sqlite_url, home=tmp_path / "home"):
        logging.getLogger("dbos").error("something of the library")
    assert "something of the library" in [record.getMessage() for record in caplog.records]
