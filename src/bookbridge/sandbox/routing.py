"""Which handler answers a path: literal segments before placeholders, 404/5 and 405/37 otherwise."""

from collections.abc import Iterable
from dataclasses import dataclass

from bookbridge.sandbox.call import Route, ZohoFault

_NO_BODY_NEEDED = {"email", "paymentreminder", "approve", "submit", "print", "pdf", "mapwithorder"} | {
    "active",
    "inactive",
    "sent",
    "void",
}


@dataclass(frozen=True)
class Match:
    """A route, its path's placeholders, and the methods the path allows."""

    route: Route
    ids: dict[str, str]
    allow: str


class Router:
    """All routes of the Books API."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._by_length: dict[int, list[tuple[tuple[str, ...], Route]]] = {}
        for route in self.routes:
            segments = _segments(route.path)
            self._by_length.setdefault(len(segments), []).append((segments, route))
        for candidates in self._by_length.values():
            candidates.sort(key=lambda candidate: [part.startswith("{") for part in candidate[0]])

    def match(self, method: str, path: str) -> Match:
        """Find the route; raises ZohoFault 404/5 for an unknown path and 405/37 for another method (FACTS 3.2)."""
        parts = _segments(path)
        methods: list[str] = []
        found: Match | None = None
        for segments, route in self._by_length.get(len(parts), ()):
            ids = _bind(segments, parts)
            if ids is None:
                continue
            methods.append(route.method)
            if route.method == method and found is None:
                found = Match(route, ids, "")
        if found is None and methods:
            raise ZohoFault(405, 37, f"The HTTP method {method} is not allowed for the requested resource")
        if found is None:
            raise ZohoFault(404, 5, "Invalid URL Passed")
        return Match(found.route, found.ids, ", ".join(["OPTIONS", *dict.fromkeys(methods)]))


def body_is_needed(route: Route) -> bool:
    """Tell whether an empty body is refused with code 11: creating and updating needs one, an action does not."""
    last = _segments(route.path)[-1:]
    if route.method == "PUT":
        return "/templates/" not in route.path and (last[0].startswith("{") or "{" not in route.path)
    if route.method != "POST" or "{" in route.path:
        return False
    return last[0] not in _NO_BODY_NEEDED


def _segments(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part)


def _bind(segments: tuple[str, ...], parts: tuple[str, ...]) -> dict[str, str] | None:
    ids: dict[str, str] = {}
    for segment, part in zip(segments, parts, strict=True):
        if segment.startswith("{"):
            ids[segment[1:-1]] = part
        elif segment != part:
            return None
    return ids
