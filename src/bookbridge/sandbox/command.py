"""The command ``sandbox``; the command line attaches it."""

import click

from bookbridge.sandbox.regions import CLIENT_ID, CLIENT_SECRET, REDIRECT_URIS, REGION_KEYS, refresh_token

_HELP = f"""Run a local Zoho on loopback: accounts servers, Books API v3, state, faults.

Region k listens on PORT + k; accounts server and API share one origin. The first line on standard output is JSON:
{{"ready": true, "regions": {{...}}, "env": {{...}}}} with the environment variables to use.

\b
These work in every sandbox:
  client id      {CLIENT_ID}
  client secret  {CLIENT_SECRET}
  refresh token  us  {refresh_token("us")}
                 eu  {refresh_token("eu")}
                 in  {refresh_token("in")}
  organizations  us 10000001 (USD, New York), 10000002 (GBP, London);
                 eu 10000101, 10000102; in 10000201, 10000202; each
                 further of {",".join(REGION_KEYS[3:])} 100 more
  redirect URIs  {REDIRECT_URIS[0]}
                 {REDIRECT_URIS[2]}
                 and both with localhost

The control plane is at /_sandbox/ of every region; open it in a browser for the list of its calls.
"""


@click.command(name="sandbox", help=_HELP)
@click.option(
    "--port", default=9400, show_default=True, type=click.IntRange(0, 65535), help="Port of the first region."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address; any other is refused.")
@click.option("--regions", default="us", show_default=True, help="Regions to play, as us,eu,in.")
@click.option("--limits", type=click.Choice(["zoho", "off"]), default="zoho", show_default=True, help="Zoho's limits.")
@click.option("--seed", metavar="FILE", help="JSON with records to create, as POST /_sandbox/seed takes it.")
@click.option("--fill", metavar="N", type=click.IntRange(1, 1_000_000), help="Begin with N invoices over --months.")
@click.option(
    "--months", default=12, show_default=True, type=click.IntRange(1, 240), help="How far --fill reaches back."
)
@click.option("--strict", metavar="DIR", help="Refuse what Zoho's OpenAPI documents in DIR do not allow.")
@click.option("--latency-ms", default=0.0, type=click.FloatRange(min=0), help="Added to each API call.")
def sandbox(
    port: int,
    host: str,
    regions: str,
    limits: str,
    seed: str | None,
    fill: int | None,
    months: int,
    strict: str | None,
    latency_ms: float,
) -> None:
    """Run a local Zoho (the long text is the command's help)."""
    from bookbridge.sandbox.launch import load_seed, run  # here, so that other commands start quickly
    from bookbridge.sandbox.sandbox import Options

    try:
        options = Options(
            regions=tuple(part.strip() for part in regions.split(",") if part.strip()),
            limits=limits,
            latency_ms=latency_ms,
            strict=strict or "",
            seed=load_seed(seed) if seed else {},
            fill={"invoices": fill, "months": months} if fill else {},
        )
        run(port=port, host=host, options=options)
    except (ValueError, OSError) as error:
        raise click.UsageError(str(error)) from None
