"""librdkafka's mock cluster, by ctypes: the Python package starts one but gives no handle to make topics in it."""

import ctypes
from typing import Final

import confluent_kafka.cimpl

_PRODUCER: Final = 0
_LOG_ERRORS: Final = b"3"
_ERROR_SIZE: Final = 512


class MockClusterError(Exception):
    """librdkafka refused."""


class MockCluster:
    """A one-node cluster in this process, which lives until the process ends."""

    def __init__(self) -> None:
        self._library = _load()
        error = ctypes.create_string_buffer(_ERROR_SIZE)
        conf = self._library.rd_kafka_conf_new()
        # Else it warns that its own client, which is never used, has no broker to connect to.
        self._library.rd_kafka_conf_set(conf, b"log_level", _LOG_ERRORS, error, _ERROR_SIZE)
        client = self._library.rd_kafka_new(_PRODUCER, conf, error, _ERROR_SIZE)
        if not client:
            raise MockClusterError(error.value.decode())
        self._cluster = self._library.rd_kafka_mock_cluster_new(client, 1)
        if not self._cluster:
            raise MockClusterError("no mock cluster could be made")
        self._library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, 0)
        self._topics: dict[str, int] = {}

    @property
    def bootstrap(self) -> str:
        """Its address."""
        address: bytes = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster)
        return address.decode()

    def create_topic(self, name: str, partitions: int) -> None:
        """Make a topic; once more with the same partition count is fine."""
        known = self._topics.get(name)
        if known == partitions:
            return
        if known is not None:
            raise MockClusterError(f"{name} has {known} partitions, the registry says {partitions}")
        code = self._library.rd_kafka_mock_topic_create(self._cluster, name.encode(), partitions, 1)
        if code != 0:
            reason: bytes = self._library.rd_kafka_err2str(code)
            raise MockClusterError(f"{name}: {reason.decode()}")
        self._topics[name] = partitions


def _load() -> ctypes.CDLL:
    """Give the library that the wheel brings, found as a dependency of its extension module."""
    library = ctypes.CDLL(confluent_kafka.cimpl.__file__)
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    signatures: dict[str, tuple[object, list[object]]] = {
        "rd_kafka_conf_new": (pointer, []),
        "rd_kafka_conf_set": (number, [pointer, text, text, text, ctypes.c_size_t]),
        "rd_kafka_new": (pointer, [number, pointer, text, ctypes.c_size_t]),
        "rd_kafka_err2str": (text, [number]),
        "rd_kafka_mock_cluster_new": (pointer, [pointer, number]),
        "rd_kafka_mock_cluster_bootstraps": (text, [pointer]),
        "rd_kafka_mock_group_initial_rebalance_delay_ms": (None, [pointer, ctypes.c_int32]),
        "rd_kafka_mock_topic_create": (number, [pointer, text, number, number]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
