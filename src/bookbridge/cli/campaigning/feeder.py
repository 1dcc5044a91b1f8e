"""The customers of a campaign, in a process of their own: deliver, repeat until acknowledged, write that down.

``python -m bookbridge.cli.campaigning.feeder FILE`` reads the plan that ``write`` made. An order is acknowledged when
a delivery was answered 200, 201 or 202; each such answer is one JSON line of the file of acknowledgements.
"""

import json
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx2

from bookbridge.cli.campaigning.deliveries import Delivery
from bookbridge.cli.campaigning.orders import CampaignOrder
from bookbridge.inbox.sources import standard
from bookbridge.kernel.clock import SystemClock
from bookbridge.kernel.secret import Secret
from bookbridge.store.types import dump

ACKNOWLEDGED = frozenset({200, 201, 202})
PAUSE_S, LONGEST_PAUSE_S = 0.1, 1.0
TIMEOUT_S = 10.0


@dataclass(frozen=True, kw_only=True)
class FeedPlan:
    """What the feeder is told; ``rate`` is deliveries a second, 0 as fast as they are taken."""

    urls: list[str]
    api_key: str
    hook_path: str
    hook_secret: str
    deliveries: str
    acknowledgements: str
    threads: int = 8
    rate: float = 0.0
    seed: int = 0


def write(plan: FeedPlan, folder: Path, /, *, orders: Sequence[CampaignOrder], deliveries: Sequence[Delivery]) -> Path:
    """Write plan and deliveries down; returns the file to start the feeder with."""
    with Path(plan.deliveries).open("w", encoding="utf-8") as file:
        for each in deliveries:
            order = orders[each.order]
            row = {"order_id": order.order_id, "door": each.door, "body": dump(order.body)}
            file.write(json.dumps(row, separators=(",", ":")) + "\n")
    path = folder / "feed.json"
    path.write_text(json.dumps(asdict(plan)), encoding="utf-8")
    path.chmod(0o600)
    return path


class Feeder:
    """Delivers with several threads; whoever is down is asked again until one replica acknowledges."""

    def __init__(self, plan: FeedPlan, /) -> None:
        self._plan = plan
        self._clock = SystemClock()
        self._lock = threading.Lock()
        self._source = self._lines()
        self._log = Path(plan.acknowledgements).open("a", encoding="utf-8")  # noqa: SIM115 - closed by run
        self._started = self._clock.monotonic()
        self._number = 0

    def run(self) -> None:
        """Deliver everything; returns when every delivery was acknowledged or refused."""
        threads = [threading.Thread(target=self._work, args=(number,)) for number in range(self._plan.threads)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._log.close()

    def _lines(self) -> Iterator[dict[str, Any]]:
        with Path(self._plan.deliveries).open(encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)

    def _next(self) -> tuple[int, dict[str, Any]] | None:
        with self._lock:
            row = next(self._source, None)
            self._number += 1
            return None if row is None else (self._number, row)

    def _work(self, thread: int) -> None:
        random = Random(f"feeder:{self._plan.seed}:{thread}")
        with httpx2.Client(timeout=TIMEOUT_S) as http:
            while (given := self._next()) is not None:
                number, row = given
                if self._plan.rate > 0:
                    due = self._started + number / self._plan.rate
                    self._clock.sleep(due - self._clock.monotonic())
                self._deliver(http, random, number, row)

    def _deliver(self, http: httpx2.Client, random: Random, number: int, row: dict[str, Any]) -> None:
        pause_s = PAUSE_S
        while True:
            url = random.choice(self._plan.urls)
            try:
                status = self._post(http, url, number, row)
            except httpx2.HTTPError:
                status = 0
            if status in ACKNOWLEDGED or (400 <= status < 500 and status not in (408, 429)):
                self._note(row, status)
                return
            self._clock.sleep(pause_s)
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    def _post(self, http: httpx2.Client, url: str, number: int, row: dict[str, Any]) -> int:
        raw = row["body"].encode()
        if row["door"] == "api":
            headers = {"Authorization": f"Bearer {self._plan.api_key}", "Content-Type": "application/json"}
            answer = http.post(f"{url}/api/invoices/from-order", params={"wait": "0"}, content=raw, headers=headers)
            return answer.status_code
        content = b'{"type":"order.created","timestamp":"2026-03-02T10:00:00Z","data":' + raw + b"}"
        secret = Secret(self._plan.hook_secret)
        headers = standard.sign(content, secret=secret, event_id=f"evt_{number}", at=datetime.now(UTC))
        headers["content-type"] = "application/json"
        return http.post(f"{url}{self._plan.hook_path}", content=content, headers=headers).status_code

    def _note(self, row: dict[str, Any], status: int) -> None:
        line = json.dumps({"order_id": row["order_id"], "door": row["door"], "status": status})
        with self._lock:
            self._log.write(line + "\n")
            self._log.flush()


def read_acknowledgements(path: Path, /) -> tuple[set[str], list[dict[str, Any]]]:
    """The acknowledged order ids, and the deliveries that were refused; a line that was cut is not counted."""
    acknowledged: set[str] = set()
    refused: list[dict[str, Any]] = []
    if not path.exists():
        return acknowledged, refused
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if row["status"] in ACKNOWLEDGED:
            acknowledged.add(row["order_id"])
        else:
            refused.append(row)
    return acknowledged, refused


def main() -> None:
    """Deliver what the plan in the file says."""
    plan = FeedPlan(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    Feeder(plan).run()


if __name__ == "__main__":
    main()
