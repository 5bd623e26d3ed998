"""A certificate authority of a test's own, with its files."""

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

LIFETIME: Final = timedelta(days=1)


class Authority:
    """Issues certificates that are good for a day, from a day ago."""

    def __init__(self, folder: Path, name: str) -> None:
        """Make the authority, and its certificate as `<name>.pem` in the folder."""
        self.folder, self.name = folder, name
        self._key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._build(
            name, self._key, issuer=name, extensions=[x509.BasicConstraints(ca=True, path_length=None)]
        )
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(certificate.public_bytes(Encoding.PEM))

    def issue(self, name: str, *addresses: str, lifetime: timedelta = LIFETIME) -> tuple[Path, Path]:
        """Return the files of a certificate and its key, for the addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.IPAddress(ipaddress.ip_address(each)) for each in addresses]
        extensions = [x509.SubjectAlternativeName(names)] if names else []
        certificate = self._build(name, key, issuer=self.name, extensions=extensions, lifetime=lifetime)
        files = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
        files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return files

    def _build(
        self,
        name: str,
        key: ec.EllipticCurvePrivateKey,
        *,
        issuer: str,
        extensions: Sequence[x509.ExtensionType],
        lifetime: timedelta = LIFETIME,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - LIFETIME)
            .not_valid_after(now + lifetime)
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        return builder.sign(self._key, hashes.SHA256())
