"""`marquee schema`: the generated SDL files of the cinema."""

from __future__ import annotations

import asyncio

import click

from marquee_router.cli.failure import fail


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a file is not current.")
def command(check: bool) -> None:
    """Write the cinema's SDL files, or check that they are current.

    They are schema/sdl/*.graphql, schema/supergraph.graphql and schema/api.graphql.
    """
    from marquee.artefacts import generate
    from marquee.resources import CHECKOUT, is_checkout
    from marquee_schema.composition import CompositionError

    if not is_checkout():
        fail("The SDL files belong to a checkout of Marquee; this is an installed package.")
    try:
        files = asyncio.run(generate())
    except CompositionError as error:
        fail("\n".join(f"{problem.code}: {problem.message}" for problem in error.errors), code=1)
    stale = [
        path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if check and stale:
        names = "\n".join(f"  {path.relative_to(CHECKOUT)}" for path in stale)
        fail(f"Not current (`./run schema` writes them):\n{names}", code=1)
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path], encoding="utf-8")
        click.echo(f"wrote {path.relative_to(CHECKOUT)}")
