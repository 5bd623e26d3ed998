from collections.abc import Mapping
from pathlib import Path

from forkant_devstack.native.places import RunAs
from forkant_devstack.native.postgres import Postgres
from forkant_devstack.stack.backends import Backends
from forkant_devstack.stack.layout import Layout
from forkant_devstack.stack.plan import Platform, plan
from forkant_devstack.stack.ports import DEFAULT_PORTS
from forkant_devstack.stack.secret_store import SecretStore
from forkant_devstack.stack.services import SERVICES
from forkant_devstack.supervisor.graph import Job, Program
from forkant_kit.vault_settings import TEXT_KEYS_VARIABLE


def environments(folder: Path) -> dict[str, Mapping[str, str]]:
    layout = Layout(folder)
    server = Postgres(bin=Path("/bin"), data=Path("/data"), run_as=RunAs(), password="x")
    platform = Platform(
        layout=layout,
        backends=Backends(postgres=server, kafka=None),
        ports=DEFAULT_PORTS,
        secrets=SecretStore(layout.secrets),
    )
    return {node.spec.name: node.spec.env for node in plan(platform) if isinstance(node, Program | Job)}


def test_every_worker_that_seals_a_trail_has_a_key_and_a_file_of_heads_of_its_own(tmp_path):
    for name in ("FORKANT_AUDIT_HEAD_FILE", "FORKANT_AUDIT_SIGNING_KEY"):
        given = {process: env[name] for process, env in environments(tmp_path).items() if name in env}
        assert set(given) == {f"{service.name}-worker" for service in SERVICES if service.audited}
        assert len(set(given.values())) == len(given)


def test_only_who_writes_and_shows_text_and_who_migrates_it_has_its_keys(tmp_path):
    given = {
        process: env[TEXT_KEYS_VARIABLE] for process, env in environments(tmp_path).items() if TEXT_KEYS_VARIABLE in env
    }
    assert set(given) == {"case-api", "case-migrate"}
    assert len(set(given.values())) == 1


def test_letters_go_to_the_mail_catcher_and_nowhere_else(tmp_path):
    given = environments(tmp_path)
    assert given["mail"]["FORKANT_MAIL_SMTP_PORT"] == given["notification-worker"]["FORKANT_SMTP_PORT"]
    assert given["notification-worker"]["FORKANT_SMTP_HOST"] == "127.0.0.1"
    assert given["notification-worker"]["FORKANT_LETTER_CHANNELS"] == "email"
