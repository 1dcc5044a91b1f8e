"""Writes the generated parts of the reference pages from the code; ``--check`` only says which are out of date.

A page holds ``<!-- begin NAME -->`` and ``<!-- end NAME -->``; what stands between is replaced by the part of that
name. What the code cannot say (the meaning of a column, a setting, a problem) is in ``words.toml``; a word that is
missing or left over is an error, so nothing stays undocumented.
"""

import ast
import dataclasses
import re
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
SOURCE = DOCS.parent / "src" / "bookbridge"
MARKS = re.compile(r"(<!-- begin ([a-z-]+) -->\n).*?(<!-- end \2 -->)", re.DOTALL)
WORDS: Mapping[str, Any] = tomllib.loads((DOCS / "words.toml").read_text(encoding="utf-8"))


def main(arguments: list[str], /) -> int:
    """Write (or with ``--check`` compare) every page; 0 when there is nothing left to do."""
    stale = []
    for path in (DOCS.parent / "README.md", *sorted(DOCS.rglob("*.md"))):
        text = path.read_text(encoding="utf-8")
        fresh = MARKS.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]()}\n{found[3]}", text)
        if fresh == text:
            continue
        stale.append(path.relative_to(DOCS.parent).as_posix())
        if "--check" not in arguments:
            path.write_text(fresh, encoding="utf-8")
    if stale and "--check" in arguments:
        sys.stderr.write(f"out of date: {', '.join(stale)}; run 'make docs'\n")
        return 1
    return 0


def tables() -> str:
    """Every table of ours with its columns."""
    from bookbridge.store.tables import metadata

    words = WORDS["tables"]
    _same("tables", {table.name for table in metadata.sorted_tables}, words)
    parts = []
    for table in sorted(metadata.sorted_tables, key=lambda each: each.name):
        columns = {**_shared(table), **words[table.name]}
        _same(table.name, {"_"} | {column.name for column in table.columns}, columns)
        rows = [(f"`{column.name}`", _column_type(column), columns[column.name]) for column in table.columns]
        unique = [", ".join(column.name for column in each.columns) for each in _unique(table)]
        note = f" Unique: {'; '.join(unique)}." if unique else ""
        parts.append(f"## {table.name}\n\n{columns['_']}{note}\n\n{_table(('column', 'type', 'meaning'), rows)}")
    return "\n".join(parts)


def _shared(table: Any) -> dict[str, str]:
    """The words of columns that mean the same in every table."""
    return {column.name: WORDS["columns"][column.name] for column in table.columns if column.name in WORDS["columns"]}


def _unique(table: Any) -> list[Any]:
    found = [each for each in table.constraints if type(each).__name__ == "UniqueConstraint"]
    return sorted(found, key=lambda each: [column.name for column in each.columns])


def _column_type(column: Any) -> str:
    kinds = {"UtcMillis": "time", "JsonText": "JSON", "LargeBinary": "bytes", "BigInteger": "integer"}
    kind = kinds.get(type(column.type).__name__, type(column.type).__name__.lower())
    sealed = ", sealed" if column.info.get("sealed") else ""
    key = ", key" if column.primary_key else ""
    return f"{kind}{key}{sealed}{' or null' if column.nullable else ''}"


def settings() -> str:
    """Every variable with its default."""
    from bookbridge.config import _VARIABLES, Settings

    words = WORDS["settings"]
    defaults = {each.name: each.default for each in dataclasses.fields(Settings)}
    _same("settings", {variable for variable, _parse in _VARIABLES.values()}, words)
    rows = [
        (f"`{variable}`", _default(defaults[field]), words[variable]) for field, (variable, _) in _VARIABLES.items()
    ]
    return _table(("variable", "default", "meaning"), rows)


def _default(value: Any) -> str:
    if value is dataclasses.MISSING or value is None or value == "":
        return "none"
    return f"`{value}`"


EVERYWHERE = {"help", "database", "org", "as_json"}
"""Options that the page explains once."""


def commands() -> str:
    """Every command with its arguments and options."""
    import click

    from bookbridge.cli.main import main as root

    context = click.Context(root, info_name="bookbridge")
    parts = []
    for path, command, inner in _commands(root, context, ()):
        parts.append(f"## bookbridge {' '.join(path)}\n\n{inspect_text(command.help or command.short_help)}\n")
        rows = [
            (f"`{each.make_metavar(inner)}`", "required" if each.required else "optional")
            if isinstance(each, click.Argument)
            else (_option(each, inner), _cell(getattr(each, "help", "") or ""))
            for each in command.params
            if not getattr(each, "hidden", False) and each.name not in EVERYWHERE
        ]
        if rows:
            parts.append(_table(("argument or option", "meaning"), rows))
    return "\n".join(parts)


def _commands(group: Any, context: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    import click

    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            continue
        inner = click.Context(command, info_name=name, parent=context)
        yield (*path, name), command, inner
        if isinstance(command, click.Group):
            yield from _commands(command, inner, (*path, name))


def _option(option: Any, context: Any) -> str:
    value = "" if option.is_flag else f" {option.make_metavar(context)}"
    return f"`{', '.join(option.opts)}{value}`".replace("|", "\\|")


def inspect_text(text: str | None, /) -> str:
    """A help text as paragraphs, without the marks that keep lines apart on a terminal."""
    lines = [line.strip() for line in (text or "").replace("\b", "").splitlines()]
    return "\n".join(lines).strip()


def routes() -> str:
    """Every HTTP route with its scope and fields."""
    from bookbridge.web.pages.docs import operations

    made, document = _application()
    scopes = dict(_scopes(made))
    told = {(each["method"], each["path"]): each for each in operations(document)}
    rows, parts = [], []
    for (method, path), scope in scopes.items():
        each = told.get((method, path), {"text": "", "fields": []})
        rows.append((f"`{method} {path}`", scope, _first(each["text"]) or "a page for people"))
        fields = [
            (f"`{field['name']}`", field["place"], _cell(field["kind"]), "yes" if field["required"] else "no")
            for field in each["fields"]
        ]
        if fields:
            parts.append(f"### {method} {path}\n\n{_table(('field', 'in', 'type', 'required'), fields)}")
    parts += _objects(document, "".join(parts))
    return _table(("route", "scope", "what it does"), rows) + "\n## Fields\n\n" + "\n".join(parts)


def _objects(document: dict[str, Any], shown: str) -> Iterator[str]:
    """The objects inside bodies that the fields speak of."""
    from bookbridge.web.pages.docs import kind

    schemas = dict(document["components"]["schemas"])
    for operation in (each for path in document["paths"].values() for each in path.values()):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            schemas |= content.get("schema", {}).get("$defs", {})
    for name, schema in schemas.items():
        if f" {name} |" in shown:
            rows = [(f"`{field}`", _cell(kind(detail))) for field, detail in schema.get("properties", {}).items()]
            yield f"### {name}\n\n{_table(('field', 'type'), rows)}"


def _application() -> tuple[Any, dict[str, Any]]:
    """The web application of a throw-away installation, and its OpenAPI document."""
    from bookbridge import bootstrap, config
    from bookbridge.web import app as web
    from bookbridge.web.metrics import Metrics
    from bookbridge.web.openapi import document

    with tempfile.TemporaryDirectory() as folder:
        app = bootstrap.build(config.load({"BOOKBRIDGE_HOME": folder}))
        try:
            made = web.routes(app, metrics=Metrics(app.services), https=False, is_development=False)
            return made, document(made)
        finally:
            app.close()


def _scopes(made: Any) -> Iterator[tuple[tuple[str, str], str]]:
    from fastapi.routing import APIRoute, iter_route_contexts

    for context in iter_route_contexts(made.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            found = ", ".join(f"`{scope}`" for scope in sorted(_needed(route.dependant)))
            for method in sorted(route.methods or ()):
                yield (method, context.path or ""), found or _open(context.path or "")


def _needed(dependant: Any) -> set[str]:
    from bookbridge.registry import requires

    own = {dependant.call.scope} if isinstance(dependant.call, requires) else set()
    return own.union(*(_needed(each) for each in dependant.dependencies))


def _open(path: str) -> str:
    if path.startswith("/hooks/"):
        return "a signature"
    return "none" if path in ("/livez", "/readyz", "/login", "/oauth/callback") else "a session"


def scopes() -> str:
    """Every scope an API key can have."""
    from bookbridge.registry import SCOPES

    return _table(("scope", "allows to"), [(f"`{name}`", text) for name, text in SCOPES.items()])


def problems() -> str:
    """Every problem code of ours."""
    words, found = WORDS["problems"], _problems()
    _same("problems", set(found), words)
    rows = [
        (f"`{code}`", ", ".join(map(str, sorted(statuses))), words[code]) for code, statuses in sorted(found.items())
    ]
    return _table(("code", "status", "when"), rows)


def _problems() -> dict[str, set[int]]:
    from bookbridge.web.errors import RULES

    found: dict[str, set[int]] = {}
    for rule in RULES.values():
        found.setdefault(rule.code, set()).add(rule.status)
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem":
                given = {each.arg: each.value for each in node.keywords}
                code, status = given.get("code"), given.get("status")
                if isinstance(code, ast.Constant) and isinstance(status, ast.Constant):
                    found.setdefault(str(code.value), set()).add(int(str(status.value)))
    return found


def zoho_codes() -> str:
    """What becomes of Zoho's statuses and codes: for a caller and for an effect."""
    from bookbridge.effects.outages import CERTAIN_CODES
    from bookbridge.zoho import errors

    named = {code: errors.class_for(status=429, code=code) for code in errors.LIMIT_KINDS}
    named |= {code: errors.class_for(status=400, code=code) for code in (*errors.REFUSALS, *CERTAIN_CODES)}
    rows = [(f"code {code}", *_fate(kind, code in CERTAIN_CODES)) for code, kind in sorted(named.items())]
    for label, status, code in _STATUSES:
        rows.append((label, *_fate(errors.class_for(status=status, code=code), False)))
    return _table(("Zoho's answer", "class", "meaning", "a caller gets", "an effect"), rows)


_STATUSES = (
    ("401, any code (57, 14)", 401, 57),
    ("404", 404, 1002),
    ("429 without a known code", 429, None),
    ("other 4xx", 400, 99_999),
    ("5xx, or code 1000", 500, 1000),
    ("2xx with a code other than 0, HTML, cut JSON", 200, 7),
)


def differences() -> str:
    """Every kind of difference, by part of a comparison."""
    from bookbridge.features.reconcile.kinds import KINDS, MIRROR, ORDERS, RECEIVABLES

    heads = {ORDERS: "Orders against invoices", MIRROR: "Mirror against Zoho", RECEIVABLES: "Receivables and balances"}
    parts = []
    for part, head in heads.items():
        rows = [(f"`{each.name}`", each.meaning, each.remedy) for each in KINDS if each.part == part]
        parts.append(f"### {head}\n\n{_table(('kind', 'meaning', 'what to do'), rows)}")
    return "\n".join(parts)


_CERTAIN = "read by key; nothing there: failed with Zoho's words"
_CLASH = "read by key; nothing there: sent again, failed after three refusals"


def _fate(kind: type[Exception], certain: bool) -> tuple[str, str, str, str]:
    from bookbridge.web.errors import RULES
    from bookbridge.zoho import errors

    rule = next(RULES[each] for each in kind.__mro__ if each in RULES)
    if issubclass(kind, errors.RateLimitedError | errors.TokenRejectedError):
        effect = "not executed: sent again"
    elif issubclass(kind, errors.RefusedError | errors.RecordNotFoundError):
        effect = _CERTAIN if certain else _CLASH
    else:
        effect = "unknown: read after the quarantine"
    meaning = (kind.__doc__ or "").strip().split("\n")[0]
    return f"`{kind.__name__}`", _cell(meaning), f"{rule.status} `{rule.code}`", effect


def sandbox_calls() -> str:
    """The calls of the sandbox's control plane."""
    from bookbridge.sandbox.control import INDEX

    return _table(("below `/_sandbox/`", "what it does"), [(f"`{_cell(call)}`", _cell(text)) for call, text in INDEX])


def sandbox_switches() -> str:
    """The sandbox's switches; what a switch decides is the comment beside it."""
    from bookbridge.sandbox.switches import Switches

    source = (SOURCE / "sandbox" / "switches.py").read_text(encoding="utf-8")
    found = {each[1]: each[2] for each in re.finditer(r"^    (\w+): \w+ = [^#\n]+(?:# (.*))?$", source, re.MULTILINE)}
    rows = [
        (f"`{field.name}`", f"`{field.default}`", _cell(found[field.name] or ""))
        for field in dataclasses.fields(Switches)
    ]
    return _table(("switch", "default", "what it decides"), rows)


def sandbox_people() -> str:
    """What people can do in the sandbox; the words are the table of the module's docstring."""
    source = (SOURCE / "sandbox" / "books" / "people.py").read_text(encoding="utf-8")
    found = re.findall(r"^``(\w+)`` +(.*)$|^``(\w+)``$", source, re.MULTILINE)
    rows = [(f"`{name or alone}`", _cell(text)) for name, text, alone in found]
    return _table(("action", "further members"), rows)


def sandbox_stories() -> str:
    """What can happen to an invoice in a fill; the words are the comments beside the weights."""
    source = (SOURCE / "sandbox" / "fill" / "plan.py").read_text(encoding="utf-8")
    found = re.findall(r'^    "(\w+)": (\d+),(?:  # (.*))?$', source, re.MULTILINE)
    return _table(
        ("story", "weight", "what happens"), [(f"`{name}`", weight, _cell(text)) for name, weight, text in found]
    )


def reports() -> str:
    """Every report with its parameters and columns."""
    from bookbridge.features.reports import REPORTS

    parts = []
    for report in REPORTS:
        params = [(f"`{each.name}`", _words_of(each), each.default) for each in report.params]
        columns = [
            (f"`{each.name}`", each.kind.value, f"`{'`, `'.join(each.groups)}`" if each.groups else "", each.meaning)
            for each in report.columns
        ]
        parts.append(
            f"### {report.name}\n\n{report.meaning} Reads {', '.join(report.reads)}.\n\n"
            f"{_table(('parameter', 'meaning', 'default'), params)}\n"
            f"{_table(('column', 'holds', 'only grouped by', 'meaning'), columns)}"
        )
    return "\n".join(parts)


def exports() -> str:
    """Every table that can be exported."""
    from bookbridge.features.reports.exports import TABLES

    rows = [
        (
            f"`{each.name}`",
            each.meaning,
            f"`{each.on.name}`" if each.on is not None else "",
            ", ".join(f"`{column.name}`" for column in each.columns),
        )
        for each in TABLES
    ]
    return _table(("table", "holds", "`--from`, `--to` ask for", "columns"), rows)


def _words_of(param: Any) -> str:
    choices = f" One of `{'`, `'.join(param.choices)}`." if param.choices else ""
    return f"{param.meaning}{choices}"


def _same(what: str, code: set[str], words: Mapping[str, Any]) -> None:
    if code != set(words):
        missing, left = sorted(code - set(words)), sorted(set(words) - code)
        raise SystemExit(f"docs/words.toml, {what}: missing {missing}, left over {left}")


def _table(head: tuple[str, ...], rows: list[Any]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _first(text: str) -> str:
    """The first sentence of a description."""
    paragraph = _cell(text.strip().partition("\n\n")[0])
    return paragraph.partition(". ")[0].rstrip(".") + "." if paragraph else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("``", "`")


def figures() -> str:
    """The README's table, from the figures that were kept."""
    sys.path.insert(0, str(DOCS.parent / "bench"))
    import table

    return table.render(table.kept())


PARTS: Mapping[str, Callable[[], str]] = {
    "tables": tables,
    "settings": settings,
    "commands": commands,
    "routes": routes,
    "scopes": scopes,
    "problems": problems,
    "zoho-codes": zoho_codes,
    "sandbox-calls": sandbox_calls,
    "sandbox-switches": sandbox_switches,
    "sandbox-people": sandbox_people,
    "sandbox-stories": sandbox_stories,
    "reports": reports,
    "figures": figures,
    "differences": differences,
    "exports": exports,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
