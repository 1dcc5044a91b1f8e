"""The README's table of figures, written from ``figures.json``: a row names its bench and the figures it shows.

``bench/run.py --keep`` puts what the programs measured into ``figures.json``, with command and date; ``make docs``
writes the table, and a test compares them. A row whose bench was never kept is left out.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

FIGURES = Path(__file__).parent / "figures.json"


class Row(NamedTuple):
    """``shows`` writes the figures of ``bench``, whose command stands beside them."""

    what: str
    bench: str
    shows: Callable[[Mapping[str, Any]], str]


def _import(seen: Mapping[str, Any]) -> str:
    equal = _all(seen["totals equal to the last digit"], seen["sales in the file"])
    return (
        f"{seen['invoices']:,} invoices, {equal} totals equal to the last digit; "
        f"{_left_out(seen, 'total zero'):,} zero totals and "
        f"{_left_out(seen, 'cancellation'):,} cancellations listed; "
        f"a second import creates {seen['invoices of a second import']}"
    )


def _campaign(seen: Mapping[str, Any]) -> str:
    return (
        f"{seen['faults']:,} faults, {seen['kills']:,} kills: {seen['duplicates']} duplicates, {seen['lost']} lost, "
        f"{seen['wrong_bindings']} wrong bindings, difference {seen['difference']}, {seen['unresolved']} unresolved; "
        f"{seen['calls_per_order']:.3f} calls an order"
    )


def _calls(seen: Mapping[str, Any]) -> str:
    kinds = ("known customer", "unknown customer", "unknown customer, bulk import")
    return ", ".join(f"{seen[f'calls per order: {kind}']:.2f}" for kind in kinds)


def _totals(seen: Mapping[str, Any]) -> str:
    here, there = _all(seen["predicted = computed"], seen["generated orders"]), seen["over HTTP: predicted = Zoho's"]
    return f"{here}; {there:,} of {seen['over HTTP']:,} over HTTP"


def _pipe(seen: Mapping[str, Any]) -> str:
    share = f"the ledger takes {100 * seen['share: ledger']:.0f} % of the work"
    return f"{seen['orders per second']:.0f} orders a second; {share}"


def _hooks(seen: Mapping[str, Any]) -> str:
    lost = "lost (acknowledged and not stored)"
    plain, free = "minute limit: ", "no limit: "
    return (
        f"median {seen[f'{plain}median, ms']} ms, p99 {seen[f'{plain}p99, ms']:.0f} ms, {seen[plain + lost]} lost "
        f"(limit lifted: {seen[f'{free}median, ms']:.0f} ms, {seen[f'{free}p99, ms']:.0f} ms, {seen[free + lost]} lost)"
    )


def _saturation(seen: Mapping[str, Any]) -> str:
    return (
        f"{100 * seen['use of the limit']:.1f} % of the limit used, {seen['answers 429']} answers 429, "
        f"people wait {seen['interactive p95, s']:.2f} s at p95"
    )


def _reconcile(seen: Mapping[str, Any]) -> str:
    named = _all(seen["planted: named"], seen["planted: planted"])
    return (
        f"{named} named, {seen['planted: false']} false, {seen['planted: calls']} calls; "
        f"nothing to name: {seen['clean: differences']} in {seen['clean: calls']} calls"
    )


def _start(seen: Mapping[str, Any]) -> str:
    serve, bare = seen["serve to first 200, seconds"], seen["bare FastAPI + uvicorn, seconds"]
    return f"{serve:.2f} s; {bare:.2f} s; {seen['resident memory of serve, MiB']:.0f} MiB"


def _cold(seen: Mapping[str, Any]) -> str:
    sqlite, postgres = (seen[f"cold, {name}: times faster"] for name in ("sqlite", "postgres"))
    return f"{seen['cold, sqlite: rows, pages']}: {sqlite:.1f} times as fast (PostgreSQL {postgres:.1f})"


def _storing(seen: Mapping[str, Any]) -> str:
    shares = ", ".join(
        f"{name.upper()} {seen[f'storing, sqlite: share of {name}, %']:.0f} %" for name in ("http", "json", "sql")
    )
    sqlite, postgres = (seen[f"storing, {name}: ratio"] for name in ("sqlite", "postgres"))
    rows, late = seen["storing, sqlite: rows"], seen["storing, sqlite, 10 ms a call: ratio"]
    return (
        f"{rows:,} rows: {sqlite:.1f} times its time ({shares}); PostgreSQL {postgres:.1f}; at 10 ms a call {late:.1f}"
    )


def _second(seen: Mapping[str, Any]) -> str:
    share, whole = seen["second sync: share, %"], seen["second sync: calls of a full one"]
    return f"{seen['second sync: calls']} calls, {share:.1f} % of {whole:,}"


def _gone(seen: Mapping[str, Any]) -> str:
    return (
        f"{seen['deletions, edits made']} made: {seen['deletions found by the first sync']} deletions found by the "
        f"first sync, all in {seen['calls until all were found']:,} calls, "
        f"{seen['records that differ from Zoho afterwards']} records differ afterwards"
    )


def _killed(seen: Mapping[str, Any]) -> str:
    return f"{seen['kill -9: killed while syncing']} hit it, {seen['kill -9: records that differ']} records differ"


def _aging(seen: Mapping[str, Any]) -> str:
    past = next(name for name in seen if name.startswith("SQLite: aging of "))
    shown = []
    for name in ("SQLite", "PostgreSQL"):
        today, then = seen[f"{name}: aging today (ms)"], seen[past.replace("SQLite", name)]
        shown.append(f"{name} {today:.0f} ms, {then:.0f} ms")
    scans = " and ".join(f"{seen[name]:.0f} ms" for name in seen if name.startswith("DuckDB: scan of "))
    return f"{'; '.join(shown)} (DuckDB's scans: {scans})"


def _dashboard(seen: Mapping[str, Any]) -> str:
    shown = (f"{name} {seen[f'{name}: dashboard (ms)']:.0f} ms" for name in ("SQLite", "PostgreSQL"))
    return f"{', '.join(shown)}; {seen['SQLite: calls to Zoho']} calls"


def _books(seen: Mapping[str, Any]) -> str:
    return f"{seen['figures compared']:,} figures of {seen['days asked']:,} days: {seen['different']} different"


ROWS = (
    Row("import of DATA", "import_orders", _import),
    Row("API calls an order: known customer, unknown, unknown in a bulk import", "calls_per_order", _calls),
    Row(
        "refreshes for 200 calls at once with an expired token, one process and three",
        "refresh_once",
        lambda seen: f"{seen['one process: refreshes']}, {seen['three processes: refreshes']}",
    ),
    Row("5,000 real orders, SQLite, derived numbers", "campaign sqlite derived", _campaign),
    Row("the same, Zoho's numbers", "campaign sqlite zoho", _campaign),
    Row("the same, PostgreSQL with 3 replicas, derived numbers", "campaign postgresql derived", _campaign),
    Row("the same, Zoho's numbers", "campaign postgresql zoho", _campaign),
    Row("200 real orders with the real limits of time", "campaign unscaled", _campaign),
    Row("100,000 generated orders: predicted total = computed total", "totals", _totals),
    Row("whole pipe on SQLite, durable", "pipe", _pipe),
    Row("signed hooks at 200 a second, at Zoho's minute limit", "hooks", _hooks),
    Row("saturation for 10 minutes, 600 orders queued", "saturation", _saturation),
    Row("100 planted differences for `reconcile`, of eight kinds", "reconcile", _reconcile),
    Row("start of `serve` to the first 200; bare FastAPI + uvicorn; resident memory", "startup", _start),
    Row("import of `bookbridge.zoho`", "startup", lambda seen: f"{seen['import bookbridge.zoho, seconds']:.2f} s"),
    Row("first copy of the books, lists only, beside one call after the other", "mirror", _cold),
    Row("the same without latency, stored, beside fetching and parsing alone", "mirror", _storing),
    Row("sync after 1 % of the rows changed", "mirror", _second),
    Row("50 deletions and 50 edits in Zoho", "mirror", _gone),
    Row("kill -9 during a sync, 50 times", "mirror", _killed),
    Row("aging of 1,000,000 invoices: today, 400 days ago", "aging", _aging),
    Row("dashboard over 1,000,000 mirrored invoices: server time, calls to Zoho", "dashboard", _dashboard),
    Row("aging of 200 random books on 20 days beside an independent recomputation", "books", _books),
)


def kept() -> dict[str, Any]:
    """What ``figures.json`` holds: ``machine`` and, for each bench, ``command``, ``date`` and ``figures``."""
    found: dict[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8"))
    return found


def keep(bench: str, /, *, command: str, date: str, figures: Mapping[str, Any]) -> None:
    """Put the figures of one bench into ``figures.json``."""
    whole = kept()
    whole["benches"][bench] = {"command": command, "date": date, "figures": dict(figures)}
    whole["benches"] = dict(sorted(whole["benches"].items()))
    FIGURES.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def render(whole: Mapping[str, Any], /) -> str:
    """The machine and the table, as Markdown."""
    benches = whole["benches"]
    lines = [f"Measured on {whole['machine']}.", "", "| what | figure | command | on |", "|---|---|---|---|"]
    for row in ROWS:
        if row.bench in benches:
            seen = benches[row.bench]
            lines.append(f"| {row.what} | {row.shows(seen['figures'])} | `{seen['command']}` | {seen['date']} |")
    return "\n".join(lines)


def _left_out(seen: Mapping[str, Any], reason: str) -> int:
    return sum(count for name, count in seen.items() if name.startswith(f"left out: {reason}"))


def _all(equal: int, of: int) -> str:
    return "all" if equal == of else f"{equal:,} of {of:,}"
