"""`forkant erasure`: the certificate of an erased case, with the word of each service that kept something of it."""

from typing import Annotated
from uuid import UUID

import typer


def erasure(
    *,
    case: Annotated[UUID, typer.Option(help="Id of the case.")],
    persona: Annotated[str, typer.Option("--as", help="Who asks for the certificate.")] = "privacy-oslo",
    as_json: Annotated[bool, typer.Option("--json", help="Print it for machines.")] = False,
) -> None:
    """Show who erased a case, what was destroyed, and when each reader of its events erased what it kept.

    The certificate is asked for as a privacy officer or lead of the case's unit, the readers' trails as an auditor;
    each question is recorded. Exit codes: 1 a reader has not erased yet or there is no certificate, 2 wrong options,
    3 the platform is not running.
    """
    import json

    from forkant_devstack.stack.dev_token import dev_token
    from forkant_devstack.stack.erasures import READERS, certificate_of, erased_at
    from forkant_devstack.stack.layout import find_layout
    from forkant_devstack.supervisor.state import running_state

    state = running_state(find_layout().run)
    issuer = state.issuer
    certificate = certificate_of(case, url=state.url("case-api"), token=dev_token(issuer, persona))
    auditor, version = dev_token(issuer, "auditor"), certificate["version"]
    readers = {
        name: erased_at(case, service=name, url=state.url(f"{name}-api"), version=version, token=auditor)
        for name in READERS
    }
    if as_json:
        typer.echo(json.dumps({**certificate, "readers": readers}, indent=2))
    else:
        basis, who, at = (certificate[name] for name in ("basis", "erased_by", "erased_at"))
        typer.echo(f"Case {case} was erased by {who} on {at}: {basis}.")
        for name, count in certificate["destroyed"].items():
            typer.echo(f"  {count:>5}  {name}")
        for name, when in readers.items():
            typer.echo(f"  {name} service: {f'erased what it kept, {when}' if when else 'NOT ERASED YET'}")
    raise typer.Exit(0 if all(readers.values()) else 1)
