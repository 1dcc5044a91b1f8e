"""Aging equals the independent recomputation from the sandbox's commit log, to the last digit."""

from pathlib import Path
from random import Random

from tests.support import books


def test_random_books_equal_the_commit_log(tmp_path: Path) -> None:
    """Filled, mirrored, edited by people, mirrored again; `bench/books.py` does it with many more."""
    said: list[str] = []
    with books.laboratory(tmp_path) as made:
        counted = books.compare(made, Random(3), 0, invoices=40, days=12, told=said.append)
    assert not said
    assert counted["days"] == 12
    assert counted["figures"] > 12 * 10
