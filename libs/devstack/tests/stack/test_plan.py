from pathlib import Path

from forkant_devstack.native.places import RunAs
from forkant_devstack.native.postgres import Postgres
from forkant_devstack.stack.backends import Backends
from forkant_devstack.stack.layout import Layout
from forkant_devstack.stack.plan import Platform, plan
from forkant_devstack.stack.ports import DEFAULT_PORTS
from forkant_devstack.stack.secret_store import SecretStore
from forkant_devstack.stack.services import SERVICES
from forkant_devstack.supervisor.graph import Program


def test_every_worker_that_seals_a_trail_has_a_key_and_a_file_of_heads_of_its_own(tmp_path):
    layout = Layout(tmp_path)
    server = Postgres(bin=Path("/bin"), data=Path("/data"), run_as=RunAs(), password="x")
    platform = Platform(
        layout=layout,
        backends=Backends(postgres=server, kafka=None),
        ports=DEFAULT_PORTS,
        secrets=SecretStore(layout.secrets),
    )
    environments = {node.spec.name: node.spec.env for node in plan(platform) if isinstance(node, Program)}
    for name in ("FORKANT_AUDIT_HEAD_FILE", "FORKANT_AUDIT_SIGNING_KEY"):
        given = {process: env[name] for process, env in environments.items() if name in env}
        assert set(given) == {f"{service.name}-worker" for service in SERVICES if service.audited}
        assert len(set(given.values())) == len(given)
