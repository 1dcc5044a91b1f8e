"""What people see while an import runs: a progress bar on stderr, or a line now and then where there is no terminal."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

SHOWN = ("done", "working", "unknown", "received", "review", "failed")


class Bar(Protocol):
    """One progress bar."""

    def advance(self, entries: int, /) -> None:
        """So many more were read."""
        ...

    def show(self, done: int, total: int, /, *, states: Mapping[str, int], calls: int) -> None:
        """So many orders rest, in these states, after so many calls."""
        ...


class Display:
    """Talks to people on stderr, so that stdout stays for the result; silent when ``quiet``."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.console = Console(stderr=True, highlight=False, markup=False, quiet=quiet)

    def say(self, sentence: str, /) -> None:
        """One line."""
        self.console.print(sentence, soft_wrap=True)

    @contextmanager
    def busy(self, what: str, /) -> Iterator[None]:
        """Something short is going on."""
        if self.console.is_terminal:
            with self.console.status(f"{what} ..."):
                yield
        else:
            yield

    @contextmanager
    def bar(self, what: str, total: int, /) -> Iterator[Bar]:
        """A bar for ``total`` orders."""
        if not self.console.is_terminal:
            yield _Lines(self.console, what, total)
            return
        columns = (
            SpinnerColumn(),
            TextColumn(f"{what:9}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            _Rate(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[detail]}"),
        )
        with Progress(*columns, console=self.console, refresh_per_second=5) as progress:
            yield _Live(progress, progress.add_task(what, total=max(1, total), detail=""))


class _Rate(TextColumn):
    """Orders a second."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Any) -> Text:
        """The speed as rich measures it."""
        return Text(f"{task.speed:.0f}/s" if task.speed else "-")


class _Live:
    def __init__(self, progress: Progress, task: Any) -> None:
        self._progress = progress
        self._task = task

    def advance(self, entries: int, /) -> None:
        self._progress.advance(self._task, entries)

    def show(self, done: int, total: int, /, *, states: Mapping[str, int], calls: int) -> None:
        self._progress.update(self._task, completed=done, total=max(1, total), detail=_detail(states, calls))


class _Lines:
    """A line for each tenth of the work."""

    def __init__(self, console: Console, what: str, total: int) -> None:
        self._console = console
        self._what = what
        self._total = max(1, total)
        self._done = 0
        self._said = 0

    def advance(self, entries: int, /) -> None:
        self._move(self._done + entries, self._total, "")

    def show(self, done: int, total: int, /, *, states: Mapping[str, int], calls: int) -> None:
        self._move(done, max(1, total), _detail(states, calls))

    def _move(self, done: int, total: int, detail: str) -> None:
        self._done = done
        tenth = 10 * done // total
        if tenth > self._said:
            self._said = tenth
            self._console.print(f"{self._what} {done} of {total}  {detail}".rstrip())


def _detail(states: Mapping[str, int], calls: int) -> str:
    shown = [f"{states[state]} {state}" for state in SHOWN if states.get(state)]
    return "  ".join([f"{calls} calls", *shown])
