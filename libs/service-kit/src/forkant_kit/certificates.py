"""Shows until when the certificates hold that a process was given as files, and the one that the issuer shows.

Files are read whenever somebody looks at the metric: a renewed one is seen at once, while a connection that stands goes
on with the old one. What brokers and PostgreSQL show is seen by :mod:`forkant_kit.server_certificates`.
"""

import os
import ssl
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from pydantic import BaseModel

from forkant_kit import certificate_metrics as metrics
from forkant_kit.authorities import authorities_in

ISSUER: Final = "issuer"
OF_LIBPQ: Final[Mapping[str, str]] = {"PGSSLROOTCERT": "database_authority", "PGSSLCERT": "database_client"}
OF_SETTINGS: Final[Mapping[str, str]] = {
    "kafka_ca_file": "kafka_authority",
    "kafka_certificate_file": "kafka_client",
    "smtp_ca_file": "smtp_authority",
    "returns_certificate_file": "returns",
    "attachment_store_ca": "object_store_authority",
}
"""What each file is called in the metric; `authority` is whom others' certificates must come from."""
UNREADABLE: Final = 0.0


def watch_files(settings: BaseModel) -> None:
    """Show from now on until when the certificates hold that these settings and the environment name."""
    for kind, path in _files(settings):
        metrics.EXPIRY.labels(kind).set_function(partial(expiry_of, path, kind=kind))


def expiry_of(path: Path, *, kind: str) -> float:
    """Return when the certificates of a file, or of a folder's `*.crt`, end, in seconds since 1970; 0 when unreadable.

    Of a chain the first counts that ends, of authorities the last: an old one that stays beside its successor for a
    while harms nobody.
    """
    try:
        files = [each.read_bytes() for each in authorities_in(path)]
        found = x509.load_pem_x509_certificates(b"\n".join(files))
    except (OSError, ValueError):
        return UNREADABLE
    ends = [each.not_valid_after_utc.timestamp() for each in found]
    return max(ends) if kind.endswith("authority") else min(ends)


def saw_issuer(stream: Any) -> None:
    """Take down until when the certificate holds that the issuer showed on this connection, if it is over TLS."""
    tls = None if stream is None else stream.get_extra_info("ssl_object")
    shown = None if tls is None else tls.getpeercert()
    if shown and "notAfter" in shown:
        metrics.EXPIRY.labels(ISSUER).set(ssl.cert_time_to_seconds(shown["notAfter"]))


def _files(settings: BaseModel) -> Iterator[tuple[str, Path]]:
    for name, kind in OF_SETTINGS.items():
        if (path := getattr(settings, name, None)) is not None:
            yield kind, Path(path)
    for name, kind in OF_LIBPQ.items():
        if path := os.environ.get(name):
            yield kind, Path(path)
