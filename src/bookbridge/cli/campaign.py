"""The command ``campaign``: exactly-once, proved against a sandbox that breaks calls while replicas are killed."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import click


@click.command()
@click.option("--orders", default="", metavar="FILE", help="Orders of the online-retail format (default: generated).")
@click.option("--count", default=300, show_default=True, type=click.IntRange(min=0), help="How many; 0 all of FILE.")
@click.option(
    "--database",
    default="sqlite",
    show_default=True,
    metavar="URL",
    help="sqlite, postgres (a temporary server), or the URL of an empty database.",
)
@click.option("--replicas", default=1, show_default=True, type=click.IntRange(1, 16), help="Processes on one database.")
@click.option("--seed", default=1, show_default=True, help="Orders, deliveries, faults and kills follow from it.")
@click.option("--faults", default="F1", show_default=True, metavar="NAME|FILE", help="A profile, a TOML file, or none.")
@click.option(
    "--kill-every",
    default=10.0,
    show_default=True,
    metavar="S",
    type=click.FloatRange(min=0),
    help="Mean seconds between kills of each replica; 0 never.",
)
@click.option(
    "--scale",
    default=0.1,
    show_default=True,
    metavar="X",
    type=click.FloatRange(min=0, min_open=True),
    help="Factor on all limits of time and on the faults' times; kills are not scaled.",
)
@click.option("--numbering", default="derived", show_default=True, type=click.Choice(["derived", "zoho"]))
@click.option(
    "--new-customers",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Share of customers that are not in the books before.",
)
@click.option("--rate", default=0.0, metavar="N", help="Deliveries a second (default: as fast as they are taken).")
@click.option("--workers", default=8, show_default=True, type=click.IntRange(1, 64), help="Effects in flight at once.")
@click.option("--longest", default=3600.0, show_default=True, metavar="S", help="End the faults after this time.")
@click.option("--folder", default="", metavar="DIR", help="Keep database, logs and acknowledgements here.")
@click.option("--json", "out", default="", metavar="OUT", help="Write the result to this file; - prints it.")
def campaign(orders: str, folder: str, out: str, **options: Any) -> int:
    """Feed orders under faults and kills, then compare three sources. Ends with 3 when they differ.

    Starts a sandbox and the replicas itself; only the replicas are killed.
    """
    from bookbridge.cli import main
    from bookbridge.cli.campaigning import orders as sources
    from bookbridge.cli.campaigning import report, run

    try:
        found = sources.load(orders, count=options["count"], seed=options["seed"])
    except (OSError, ValueError) as error:
        raise click.UsageError(f"--orders: {error}") from None
    work = Path(folder or tempfile.mkdtemp(prefix="bookbridge-campaign-"))
    asked = run.Campaign(
        orders=found,
        folder=work,
        kill_every_s=options["kill_every"],
        longest_s=options["longest"],
        **{name: options[name] for name in _PASSED},
    )
    try:
        result = run.run(asked, say=lambda text: click.echo(text, err=True))
    finally:
        if not folder:
            shutil.rmtree(work, ignore_errors=True)
    if out == "-":
        click.echo(json.dumps(result, indent=2))
    else:
        click.echo(report.text(result))
    if out not in ("", "-"):
        Path(out).write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return main.OK if result["clean"] else main.DIFFERENCES


_PASSED = ("database", "replicas", "seed", "faults", "scale", "numbering", "new_customers", "rate", "workers")
