"""Every bench, one after the other, each in a process of its own: ``make bench``.

``python bench/run.py [--orders PATH] [--json OUT] [--only NAME,NAME] [--quick]``. ``--quick`` takes a tenth of the
sizes, to see that everything works. A bench that fails is named at the end, and the exit code is 1.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BENCHES: dict[str, tuple[str, ...]] = {
    "startup": (),
    "calls_per_order": (),
    "refresh_once": (),
    "totals": (),
    "pipe": (),
    "hooks": (),
    "import_orders": (),
    "saturation": (),
}
QUICK: dict[str, tuple[str, ...]] = {
    "startup": ("--rounds", "1"),
    "calls_per_order": ("--count", "10"),
    "totals": ("--count", "10000", "--http", "200"),
    "pipe": ("--count", "200"),
    "hooks": ("--seconds", "3"),
    "saturation": ("--minutes", "4", "--scale", "0.1", "--queue", "300"),
}


def main() -> int:
    """Run them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", default="", metavar="PATH", help="orders of the online-retail format")
    parser.add_argument("--json", default="", metavar="OUT", help="write all figures to a file")
    parser.add_argument("--only", default="", metavar="NAMES", help=f"some of {','.join(BENCHES)}")
    parser.add_argument("--quick", action="store_true", help="small sizes")
    given = parser.parse_args()
    chosen = [name for name in BENCHES if not given.only or name in given.only.split(",")]
    figures: dict[str, Any] = {}
    failed = []
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen:
            out = Path(folder) / f"{name}.json"
            command = [sys.executable, str(HERE / f"{name}.py"), "--json", str(out), "--orders", given.orders]
            done = subprocess.run([*command, *(QUICK.get(name, ()) if given.quick else ())], check=False)
            if done.returncode or not out.exists():
                failed.append(name)
            else:
                figures[name] = json.loads(out.read_text(encoding="utf-8"))
            print(flush=True)
    print(f"{len(figures)} of {len(chosen)} benches in {time.perf_counter() - started:.0f} s")
    if failed:
        print(f"failed: {', '.join(failed)}")
    if given.json:
        Path(given.json).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
