"""The documentation says what the code does: nothing public is left out, and what a page names exists."""

import re
from functools import cache
from pathlib import Path

import pytest

from bookbridge.cli.main import COMMANDS
from bookbridge.config import _VARIABLES
from bookbridge.registry import SCOPES
from bookbridge.store.tables import metadata
from tests.architecture.sources import ROOT
from tests.support.processes import run

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
DECISIONS = sorted((DOCS / "decisions").glob("[0-9][0-9][0-9][0-9]-*.md"))
HEADINGS = ["Context", "Decision", "Consequences", "Alternatives", "References"]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
CODE = re.compile(r"`((?:src|tests|docs|bench|requirements)/[A-Za-z0-9_./-]*[A-Za-z0-9_])`")
TEST = re.compile(r"`(test_[a-z0-9_]+)`")


def test_generated_parts_are_current() -> None:
    """Tables, routes, commands, settings and problem codes are as the code has them; ``make docs`` mends it."""
    outcome = run("python", str(DOCS / "generate.py"), "--check", cwd=ROOT)
    assert outcome.code == 0, outcome.out


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("database.md", [table.name for table in metadata.sorted_tables]),
        ("settings.md", [variable for variable, _parse in _VARIABLES.values()]),
        ("cli.md", [f"bookbridge {name}" for name in COMMANDS]),
        ("http-api.md", list(SCOPES)),
    ],
)
def test_a_reference_page_lists_everything(page: str, names: list[str]) -> None:
    """Every table, setting, command and scope stands on its page."""
    text = (DOCS / "reference" / page).read_text(encoding="utf-8")
    missing = [name for name in names if name not in text]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_links_files_and_tests_of_a_page_exist(page: Path) -> None:
    """A link leads somewhere, and a named file or test is there."""
    text = page.read_text(encoding="utf-8")
    broken = [link for link in LINK.findall(text) if "://" not in link and not (page.parent / link).exists()]
    broken += [name for name in CODE.findall(text) if not (ROOT / name).exists()]
    broken += [name for name in TEST.findall(text) if name not in known_tests()]
    assert not broken


def test_every_page_can_be_reached() -> None:
    """From ``docs/index.md`` links lead to every page."""
    seen, waiting = set(), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md" or not page.exists():
            continue
        seen.add(page)
        links = LINK.findall(page.read_text(encoding="utf-8"))
        waiting += [(page.parent / link).resolve() for link in links if "://" not in link]
    assert not [page.relative_to(DOCS).as_posix() for page in PAGES if page.resolve() not in seen]


@pytest.mark.parametrize("page", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_page_has_its_parts(page: Path) -> None:
    """Context, a decision that can be quoted, consequences, alternatives, references; and the index lists it."""
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    decision = text.partition("## Decision\n")[2].partition("## Consequences")[0].strip()
    assert decision.startswith("> ")
    assert "\n\n" not in decision
    assert page.name in (DOCS / "decisions" / "index.md").read_text(encoding="utf-8")


def test_every_dependency_has_its_reason() -> None:
    """Each line of requirements/*.in stands on the dependencies page."""
    text = (DOCS / "decisions" / "dependencies.md").read_text(encoding="utf-8")
    names = [
        re.split(r"[\[<>=~ ]", line)[0]
        for path in sorted((ROOT / "requirements").glob("*.in"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith(("#", "-"))
    ]
    missing = [name for name in names if f"`{name}`" not in text]
    assert not missing


@cache
def known_tests() -> frozenset[str]:
    """The names of all tests and test modules."""
    found = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        found |= {path.stem, *re.findall(r"def (test_[a-z0-9_]+)\(", path.read_text(encoding="utf-8"))}
    return frozenset(found)
