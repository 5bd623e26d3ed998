"""How the object store is reached: settings that are whole, on roads that break, encrypted, and loaded where it is."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from case_service.settings import CaseSettings
from case_service.store.bucket import BucketAccess, _of_the_bucket
from case_service.store.segments import StoreUnavailableError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from forkant_devstack.native.object_store import object_store_spec, prepare
from forkant_devstack.native.ports import free_ports
from forkant_devstack.testing.controls import native_controls
from forkant_devstack.testing.object_server import ObjectServer
from forkant_devstack.testing.single import refusal_to_start
from forkant_kit.db import utc_now
from pydantic import SecretStr, ValidationError

from .object_store import Prefix, opened, store_settings

LATER = timedelta(hours=3)


@pytest.fixture
def prefix(object_server: ObjectServer) -> Prefix:
    return Prefix(object_server)


SETTINGS = {
    "endpoint": "https://s3.example", "bucket": "forkant", "key": "k", "secret": "s",
}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"bucket": "forkant"}, ["endpoint is missing", "key is missing", "secret is missing"]),
        ({**SETTINGS, "secret": None}, ["secret is missing"]),
        ({"endpoint": "s3.example", "key": "k"}, ["bucket is missing", "secret is missing", "must be https://"]),
        ({**SETTINGS, "endpoint": "https://s3.example/path"}, ["must be https://host"]),
        ({**SETTINGS, "endpoint": "https://a:b@s3.example"}, ["must not hold a user"]),
        ({**SETTINGS, "endpoint": "http://s3.example"}, ["must be https in production"]),
        ({**SETTINGS, "ca": "/not/there"}, ["ca can't be read: No such file"]),
        ({**SETTINGS, "ca": "/etc/hostname"}, ["ca holds no certificate"]),
        ({**SETTINGS, "bucket": "Not A Bucket"}, ["pattern"]),
        ({**SETTINGS, "prefix": "a/b"}, ["pattern"]),
    ],
)
def test_settings_that_are_half_or_wrong_say_all_that_is(given, wrong):
    base = {
        "env": "production", "database_url": "postgresql://db/case", "oidc_issuer": "https://issuer.example",
        "cursor_secret": "c" * 32, "introspection_client_id": "a", "introspection_client_secret": "b",
        "text_keys": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    }  # fmt: skip
    CaseSettings(**base, **{f"attachment_store_{name}": value for name, value in SETTINGS.items()})
    with pytest.raises(ValidationError) as caught:
        CaseSettings(**base, **{f"attachment_store_{name}": value for name, value in given.items()})
    for each in wrong:
        assert each in str(caught.value)


async def test_half_settings_stop_the_start_with_a_list():
    env = {**os.environ, "FORKANT_ENV": "test", "FORKANT_DATABASE_URL": "postgresql://nowhere/none",
           "FORKANT_OIDC_ISSUER": "http://127.0.0.1:1", "FORKANT_ATTACHMENT_STORE_BUCKET": "forkant"}  # fmt: skip
    code, said = await refusal_to_start("case_service.app", env)
    assert code == 78
    for name in ("endpoint", "key", "secret"):
        assert f"attachment_store_{name} is missing" in said


def test_the_secret_is_in_no_representation(prefix):
    secret = prefix.server.store.secret
    assert secret not in repr(vars(opened(prefix))) + repr(store_settings(prefix)) + repr(prefix.server.store)


async def test_the_library_is_loaded_only_where_a_store_is_configured():
    script = "import sys, case_service.app, case_service.worker; sys.exit('obstore' in sys.modules)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script)
    assert await process.wait() == 0


@asynccontextmanager
async def bad_road(prefix: Prefix, *, breaks: int) -> AsyncIterator[str]:
    """Lead to the store, after so many connections that break."""
    left, port = breaks, prefix.server.store.port

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
        writer.close()

    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal left
        if left:
            left -= 1
            writer.close()
            return
        there, to = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pipe(reader, to), pipe(there, writer), return_exceptions=True)

    server = await asyncio.start_server(lead, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
    assert left == 0


async def test_what_breaks_on_the_way_to_the_store_is_asked_again(prefix):
    async with bad_road(prefix, breaks=2) as endpoint:
        bucket = opened(prefix, endpoint=endpoint)
        await bucket.put("a/000000", b"sealed")
        assert await bucket.get("a/000000") == b"sealed"
        # Its connections end with it, and the road waits for them.
        del bucket


def folder_below(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def certified(folder: Path) -> tuple[Path, str]:
    """Make an authority and a server's certificate; return the one in PEM, and the settings with the other."""
    keys, until = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)], utc_now() + LATER
    authority = (
        x509.CertificateBuilder(named("CA"), named("CA"), keys[0].public_key(), 1, utc_now(), until)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(keys[0], hashes.SHA256())
    )
    server = (
        x509.CertificateBuilder(named("CA"), named("store"), keys[1].public_key(), 2, utc_now(), until)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(keys[0], hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    encrypted = serialization.BestAvailableEncryption(b"password")
    (folder / "keys.p12").write_bytes(pkcs12.serialize_key_and_certificates(b"s3", keys[1], server, None, encrypted))
    return folder / "ca.pem", f"s3proxy.keystore-path={folder / 'keys.p12'}\ns3proxy.keystore-password=password\n"


async def test_an_encrypted_store_is_trusted_by_its_certificate_authority_alone(tmp_path: Path):
    plain, encrypted = free_ports(2)
    store = prepare(tmp_path / "store", port=plain, progress=lambda _: None)
    spec = object_store_spec(store)
    ca, keys = certified(tmp_path)
    with (store.home / "s3proxy.conf").open("a") as settings:
        settings.write(f"s3proxy.secure-endpoint=https://127.0.0.1:{encrypted}\n{keys}")
    controls = native_controls(spec, log=tmp_path / "s3proxy.log")
    await controls.start()
    try:
        prefix, endpoint = Prefix(ObjectServer(store=store, controls=controls)), f"https://127.0.0.1:{encrypted}"
        for stranger in (None, certified(folder_below(tmp_path, "stranger"))[0]):
            with pytest.raises(StoreUnavailableError):
                await opened(prefix, endpoint=endpoint, ca=stranger).check()
        bucket = opened(prefix, endpoint=endpoint, ca=ca)
        await bucket.put("a/000000", b"sealed")
        assert await bucket.get("a/000000") == b"sealed"
    finally:
        await controls.remove()


def test_where_the_bucket_is_no_part_of_the_path_it_is_one_of_the_host():
    access = BucketAccess(
        endpoint="https://s3.example:9000", region="eu", bucket="forkant", prefix="p", key="k", secret=SecretStr("s"),
        path_style=False, ca=None,
    )  # fmt: skip
    assert _of_the_bucket(access) == "https://forkant.s3.example:9000"
