"""Random books against the independent recomputation: aging of many days must be equal to the last digit.

Each book is filled and then edited by people in a sandbox, mirrored over HTTP, and asked for random days, both ways to
count age and each currency; ``tests/support/aging_oracle.py`` computes the same from the sandbox's commit log alone.
"""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.support import books

from lab import options, show


def main() -> None:
    """Compare them all."""
    given = options(__doc__, books=200, days=20, invoices=60, seed=1)
    random = Random(given.seed)
    counted: Counter[str] = Counter()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="bookbridge-bench-") as folder, books.laboratory(Path(folder)) as made:
        for number in range(given.books):
            counted += books.compare(made, Random(random.random()), number, invoices=given.invoices, days=given.days)
    figures: dict[str, Any] = {
        "books": given.books, "days asked": counted["days"], "figures compared": counted["figures"],
        "different": counted["different"], "seconds": time.perf_counter() - started,
    }  # fmt: skip
    show("Aging against the commit log", figures, given)
    sys.exit(1 if counted["different"] else 0)


if __name__ == "__main__":
    main()
