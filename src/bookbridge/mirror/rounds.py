"""Whose turn it is in the search for deleted records, and how many pages it gets: pure but for reading states."""

from collections.abc import Sequence

from bookbridge.mirror.entities import Changes
from bookbridge.mirror.passes import Turn
from bookbridge.mirror.reader import PER_PAGE
from bookbridge.mirror.state import State

SHARE = 200
THOROUGH_SHARE = 50
"""One page of so many pages there are is read in search of deleted records with each sync: by itself, and asked for."""


def next_of(turns: Sequence[Turn], /, *, thorough: bool = False) -> dict[str, int]:
    """Which entities go on with their round in this sync, with how many pages each: the longest unread first."""
    states = {
        turn.entity.name: turn.load() for turn in turns if turn.entity.changes is not Changes.WHOLE and not turn.full
    }
    return shares({name: known for name, known in states.items() if known.full_at is not None}, thorough=thorough)


def shares(states: dict[str, State], /, *, thorough: bool = False) -> dict[str, int]:
    """Pages by entity: together a small share of all pages, at least one; a list that was just read whole has none."""
    pages = {name: max(1, -(-known.rows // PER_PAGE)) for name, known in states.items()}
    left = max(1, sum(pages.values()) // (THOROUGH_SHARE if thorough else SHARE))
    given: dict[str, int] = {}
    for name in sorted(states, key=lambda each: _last(states[each])):
        sweep = states[name].sweep or {}
        if "listed" in sweep or not left:
            continue
        given[name] = min(left, pages[name])
        left -= given[name]
    return given


def _last(known: State) -> tuple[int, int]:
    """A round under way first, then whose last round began longest ago."""
    sweep = known.sweep or {}
    return (0 if "started" in sweep else 1, int(sweep.get("ended", 0)))
