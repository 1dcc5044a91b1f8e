"""The ``bookbridge`` command: every command group is imported only when it is used."""

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from bookbridge.kernel.errors import BookbridgeError, ConfigurationError, InvalidInputError

ROOT = Path(__file__).parent.parent

OK, FAILED, USAGE, DIFFERENCES = 0, 1, 2, 3
"""Exit codes: done; failed; wrong usage or configuration; done, but differences or reviews are left."""

COMMANDS = {
    "demo": ("bookbridge.cli.demo:demo", "Show everything against the sandbox, with real orders."),
    "serve": ("bookbridge.cli.serve:serve", "Run the server: API, webhooks, pages and engine."),
    "connect": ("bookbridge.cli.connection:connect", "Connect a Zoho Books organization."),
    "doctor": ("bookbridge.cli.connection:doctor", "Say what is wrong and how to mend it."),
    "orgs": ("bookbridge.cli.connection:orgs", "List the connected organizations."),
    "orders": ("bookbridge.cli.orders:orders", "Import, list, show, retry and discard orders."),
    "contacts": ("bookbridge.cli.contacts:contacts", "List contacts, find or create one."),
    "invoices": ("bookbridge.cli.invoices:invoices", "List and show invoices, fetch their PDF."),
    "aging": ("bookbridge.cli.aging:aging", "Show who owes how much, and how late."),
    "expenses": ("bookbridge.cli.expenses:expenses", "Record and list expenses."),
    "report": ("bookbridge.cli.reports:report", "Print a financial summary, or write it to a file."),
    "sync": ("bookbridge.cli.sync:sync", "Keep a local copy of the books up to date."),
    "reconcile": ("bookbridge.cli.reconcile:reconcile", "Compare orders, mirror and Zoho; name each difference."),
    "export": ("bookbridge.cli.export:export", "Write a mirrored table or the orders to a file."),
    "sources": ("bookbridge.cli.sources:sources", "Manage signed webhook endpoints."),
    "keys": ("bookbridge.cli.keys:keys", "Create, list and revoke API keys."),
    "admin": ("bookbridge.cli.admin:admin", "Manage accounts, one-time links, sessions."),
    "campaign": ("bookbridge.cli.campaign:campaign", "Prove exactly-once under faults and kills."),
    "sandbox": ("bookbridge.sandbox.command:sandbox", "Run a local Zoho for development and tests."),
    "db": ("bookbridge.cli.db:db", "Create or upgrade the database schema."),
}
"""Command name -> (where it lives, one line of help); help is here so that ``--help`` imports nothing."""


class LazyGroup(click.Group):
    """A group whose commands are imported on first use; one whose module is not installed is not listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands that are installed."""
        return [name for name, (where, _help) in COMMANDS.items() if _installed(where)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command."""
        if cmd_name not in COMMANDS or not _installed(COMMANDS[cmd_name][0]):
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        rows = [(name, COMMANDS[name][1]) for name in self.list_commands(ctx)]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="bookbridge", prog_name="bookbridge")
@click.option("--debug", is_flag=True, help="Show the whole traceback of an unexpected error.")
@click.pass_context
def main(ctx: click.Context, debug: bool) -> None:
    """Orders, payments and expenses in; Zoho Books invoices out, each exactly once."""
    from bookbridge.web import logs

    logs.guard()  # stdout is for answers: what is logged goes to stderr
    ctx.obj = {"debug": debug}


def run(arguments: Sequence[str] | None = None) -> None:
    """The console entry point: runs a command and ends the process with its exit code."""
    sys.exit(execute(sys.argv[1:] if arguments is None else arguments))


def execute(arguments: Sequence[str], /) -> int:
    """Run a command line and return its exit code; errors become one sentence on stderr."""
    debug = "--debug" in arguments
    try:
        outcome: Any = main.main(args=list(arguments), prog_name="bookbridge", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return USAGE if isinstance(error, click.UsageError) else error.exit_code
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.Abort, KeyboardInterrupt):
        _say("Stopped.")
        return FAILED
    except BookbridgeError as error:
        if debug:
            raise
        return _explain(error)
    except Exception as error:  # the last resort of a command: a sentence instead of a traceback
        if debug:
            raise
        _say(f"Unexpected {type(error).__name__}; run again as `bookbridge --debug ...` to see where.")
        return FAILED
    return outcome if isinstance(outcome, int) and not isinstance(outcome, bool) else OK


def _explain(error: BookbridgeError) -> int:
    remedy = getattr(error, "remedy", "")
    _say(f"{error} {remedy}".strip())
    return USAGE if isinstance(error, ConfigurationError | InvalidInputError) else FAILED


def _say(sentence: str) -> None:
    click.echo(f"bookbridge: {sentence}", err=True)


def _installed(where: str) -> bool:
    """Whether the module of ``bookbridge.module:attribute`` has a file, without importing anything."""
    parts = where.partition(":")[0].split(".")[1:]
    return ROOT.joinpath(*parts).with_suffix(".py").is_file() or ROOT.joinpath(*parts, "__init__.py").is_file()
