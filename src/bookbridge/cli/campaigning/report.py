"""What a campaign found, for people."""

from collections.abc import Mapping
from typing import Any


def text(result: Mapping[str, Any], /) -> str:
    """A sentence, a table, and examples of what is wrong."""
    rows = [
        ("orders acknowledged", f"{result['acknowledged']} of {result['orders']}"),
        ("invoices", result["invoices"]),
        ("duplicates", result["duplicates"]),
        ("lost", result["lost"]),
        ("wrong bindings", result["wrong_bindings"]),
        ("difference", result["difference"]),
        ("unresolved", result["unresolved"]),
        ("strangers, unaudited, contacts twice", _three(result)),
        (
            "calls per order",
            f"{result['calls_per_order']:.3f} ({result['calls']} calls, {result['load_calls']} before)",
        ),
        ("faults", f"{result['faults']} ({_kinds(result['faults_by_kind'])})"),
        ("kills", result["kills"]),
        ("seconds", f"{result['seconds']} ({result['chaos_seconds']} under faults)"),
    ]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name.ljust(width)}  {value}" for name, value in rows]
    lines += [f"ended by itself: {each}" for each in result["ended_by_themselves"]]
    lines += [f"example: {each}" for each in result["examples"]]
    return "\n".join((*lines, "", sentence(result)))


def sentence(result: Mapping[str, Any], /) -> str:
    """The result in one sentence; with no duplicate among N, the rate is below 3/N with 95 % confidence."""
    counts = (
        f"{result['acknowledged']} orders, {result['faults']} faults survived, {result['kills']} kills, "
        f"{result['duplicates']} duplicates, {result['lost']} lost, difference {result['difference']}"
    )
    if not result["clean"]:
        return f"{counts}; NOT clean."
    bound = 3 / max(1, result["acknowledged"])
    return f"{counts}; with 95 % confidence the true duplicate rate under this campaign is below {bound:.2g}."


def _three(result: Mapping[str, Any]) -> str:
    return ", ".join(str(result[name]) for name in ("strangers", "unaudited", "contacts_twice"))


def _kinds(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"
