"""Every bench, one after the other, each in a process of its own: ``make bench``.

``python bench/run.py [--orders PATH] [--json OUT] [--only NAME,NAME] [--quick] [--keep]``. ``--quick`` takes a tenth of
the sizes, to see that everything works. ``--keep`` puts the figures into ``figures.json``, from which ``make docs``
writes the README's table; ``--campaign OUT`` keeps those of a campaign (its ``--json``) and runs nothing. A bench that
fails is named at the end, and the exit code is 1.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import table

HERE = Path(__file__).parent
BENCHES = (
    "startup",
    "calls_per_order",
    "refresh_once",
    "budget",
    "totals",
    "pipe",
    "export",
    "hooks",
    "import_orders",
    "saturation",
    "reconcile",
    "aging",
    "books",
    "dashboard",
    "mirror",
)
QUICK: dict[str, tuple[str, ...]] = {
    "aging": ("--count", "50000", "--rounds", "3"),
    "books": ("--books", "5", "--days", "5"),
    "dashboard": ("--count", "50000", "--rounds", "3"),
    "startup": ("--rounds", "1"),
    "calls_per_order": ("--count", "10"),
    "totals": ("--count", "10000", "--http", "200"),
    "budget": ("--rounds", "200"),
    "pipe": ("--count", "200"),
    "reconcile": ("--count", "150"),
    "mirror": ("--cold", "1000", "--storing", "2000", "--kill", "300", "--kills", "5"),
    "hooks": ("--seconds", "3"),
    "saturation": ("--minutes", "4", "--scale", "0.1", "--queue", "300"),
}


def main() -> int:
    """Run them."""
    given = _options()
    if given.campaign:
        _keep_campaign(Path(given.campaign))
        return 0
    chosen = [name for name in BENCHES if not given.only or name in given.only.split(",")]
    figures: dict[str, Any] = {}
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen:
            found = _run(name, Path(folder) / f"{name}.json", orders=given.orders, quick=given.quick)
            if found is not None:
                figures[name] = found
            print(flush=True)
    failed = [name for name in chosen if name not in figures]
    print(f"{len(figures)} of {len(chosen)} benches in {time.perf_counter() - started:.0f} s")
    if failed:
        print(f"failed: {', '.join(failed)}")
    if given.json:
        Path(given.json).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    if given.keep:
        _keep(figures, has_orders=bool(given.orders))
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", default="", metavar="PATH", help="orders of the online-retail format")
    parser.add_argument("--json", default="", metavar="OUT", help="write all figures to a file")
    parser.add_argument("--only", default="", metavar="NAMES", help=f"some of {','.join(BENCHES)}")
    parser.add_argument("--quick", action="store_true", help="small sizes")
    parser.add_argument("--keep", action="store_true", help="put the figures into figures.json")
    parser.add_argument("--campaign", default="", metavar="OUT", help="keep the figures of a campaign; runs nothing")
    given = parser.parse_args()
    if given.keep and given.quick:
        parser.error("--quick measures small sizes; figures to keep are of full size")
    return given


def _run(name: str, out: Path, *, orders: str, quick: bool) -> dict[str, Any] | None:
    """One bench; ``None`` when it failed."""
    command = [sys.executable, str(HERE / f"{name}.py"), "--json", str(out), "--orders", orders]
    done = subprocess.run([*command, *(QUICK.get(name, ()) if quick else ())], check=False)
    if done.returncode or not out.exists():
        return None
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


def _keep(figures: dict[str, Any], *, has_orders: bool) -> None:
    """Keep what was measured; an import of the few orders of the demo is not the figure people look for."""
    for name, found in figures.items():
        if name == "import_orders" and not has_orders:
            continue
        data = " --orders DATA" if name == "import_orders" else ""
        table.keep(name, command=f"python bench/{name}.py{data}", date=_today(), figures=found)


def _keep_campaign(path: Path) -> None:
    """Keep the verdict of a campaign under the name of its kind."""
    seen = json.loads(path.read_text(encoding="utf-8"))
    kind = "unscaled" if seen["scale"] == 1 else f"{seen['database']} {seen['numbering']}"
    options = {"count": seen["orders"], "seed": seen["seed"]}
    if seen["database"] == "postgresql":
        options |= {"database": "postgres", "replicas": seen["replicas"]}
    if seen["numbering"] != "derived":
        options |= {"numbering": seen["numbering"]}
    if seen["scale"] == 1:
        options |= {"scale": 1}
    words = " ".join(f"--{name} {value}" for name, value in options.items())
    command = f"bookbridge campaign --orders DATA {words}"
    table.keep(f"campaign {kind}", command=command, date=_today(), figures=seen)


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


if __name__ == "__main__":
    sys.exit(main())
