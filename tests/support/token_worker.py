"""A process of its own that calls Zoho from many threads at once: ``python -m tests.support.token_worker``.

Reads its orders as one JSON line: {database_url, env, organization_id, calls, warm}. With ``warm`` it makes one call,
says ``ready`` and waits for a line before it starts. Prints {"ok": n, "errors": [...]}.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

from bookbridge import config
from bookbridge.access.options import AccessOptions
from bookbridge.access.zoho import ZohoAccess
from bookbridge.store.db import Database
from bookbridge.zoho.protocol import Request
from tests.support.access import sealer


def main() -> None:
    """Run the calls."""
    order = json.loads(sys.stdin.readline())
    db = Database(order["database_url"])
    access = ZohoAccess(db=db, sealer=sealer(), options=AccessOptions.of(config.load(order["env"])))
    errors: list[str] = []

    def call(_: int) -> int:
        try:
            session = access.session(order["organization_id"])
            session.call(Request(method="GET", path="/settings/currencies"))
        except Exception as error:  # what went wrong is the result here
            errors.append(f"{type(error).__name__}: {error}")
            return 0
        return 1

    call(0)
    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(order["threads"]) as pool:
        done = sum(pool.map(call, range(order["calls"])))
    print(json.dumps({"ok": done, "errors": errors}), flush=True)
    access.close()
    db.close()


if __name__ == "__main__":
    main()
