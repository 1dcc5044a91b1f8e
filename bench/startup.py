"""From the start of ``serve`` to its first answer, beside bare FastAPI + uvicorn; import of the client; memory."""

import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import httpx2

from bookbridge.cli.campaigning.processes import bookbridge, free_port
from lab import Lab, lab, options, show

BARE = """
import sys, fastapi, uvicorn
app = fastapi.FastAPI()
@app.get("/livez")
def livez(): return {"ok": True}
uvicorn.run(app, port=int(sys.argv[1]), log_level="critical")
"""


def first_answer(command: list[str], port: int, environment: dict[str, str]) -> tuple[float, float]:
    """Seconds to the first 200, and the resident memory of the process then in MiB."""
    started = time.perf_counter()
    running = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )  # fmt: skip
    try:
        while True:
            try:
                if httpx2.get(f"http://127.0.0.1:{port}/livez", timeout=1.0).status_code == 200:
                    return time.perf_counter() - started, memory_mib(running.pid)
            except httpx2.HTTPError:
                if running.poll() is not None:
                    raise SystemExit("the server ended before it answered") from None
            time.sleep(0.01)
    finally:
        running.terminate()
        running.wait()


def memory_mib(pid: int) -> float:
    """Resident memory of a process (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def import_s(module: str) -> float:
    """Seconds to import a module in a fresh interpreter, without the interpreter's own start."""
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    times = [float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(5)]
    return median(times)


def measured(made: Lab, rounds: int) -> dict[str, Any]:
    """Both servers in turn, so that a busy machine slows both."""
    ours: list[tuple[float, float]] = []
    bare: list[tuple[float, float]] = []
    with made.app():
        pass
    for _ in range(rounds):
        port = free_port()
        ours.append(first_answer(bookbridge("serve", "--port", str(port)), port, made.environment))
        port = free_port()
        bare.append(first_answer([sys.executable, "-c", BARE, str(port)], port, made.environment))
    serve_s, bare_s = median(each for each, _ in ours), median(each for each, _ in bare)
    return {
        "serve to first 200, seconds": round(serve_s, 3),
        "bare FastAPI + uvicorn, seconds": round(bare_s, 3),
        "ratio": round(serve_s / bare_s, 2),
        "resident memory of serve, MiB": round(median(each for _, each in ours), 1),
        "resident memory of the bare server, MiB": round(median(each for _, each in bare), 1),
    }


def main() -> None:
    """Measure on an installation that exists already."""
    given = options(__doc__, rounds=5)
    with lab() as made:
        figures = measured(made, given.rounds)
    figures["import bookbridge.zoho, seconds"] = round(import_s("bookbridge.zoho"), 3)
    show("Start and memory (medians)", figures, given)


if __name__ == "__main__":
    main()
