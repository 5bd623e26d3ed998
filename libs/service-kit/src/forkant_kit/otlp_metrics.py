"""Sends by OTLP what a process shows to Prometheus: the same metrics under the same names, of one registry.

Only a process that exports loads this module: the exporter takes some 20 MB.
"""

import math
import threading
import time
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

import structlog
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import export as otlp
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from prometheus_client import REGISTRY
from prometheus_client import Metric as Family
from prometheus_client.samples import Sample

EVERY_S: Final = 15.0
"""How often everything is sent, as Prometheus would ask for it."""
_TIMEOUT_S: Final = 5.0
_OURS: Final = "forkant_"
_CUMULATIVE: Final = otlp.AggregationTemporality.CUMULATIVE
_log = structlog.get_logger(__name__)


class MetricsSender:
    """Sends the process's metrics from a thread of its own, until it is told to stop."""

    def __init__(self, *, endpoint: str, resource: Resource, every_s: float = EVERY_S) -> None:
        """Begin; a receiver that is away costs the process nothing but a line in its log."""
        self._exporter = OTLPMetricExporter(endpoint=f"{endpoint}/v1/metrics", timeout=_TIMEOUT_S)
        self._resource, self._every_s = resource, every_s
        self._began_ns = time.time_ns()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="otlp-metrics", daemon=True)
        self._thread.start()

    def shutdown(self) -> None:
        """Send the last values and stop; returns when done or after the exporter's own deadline."""
        self._stop.set()
        self._thread.join(2 * _TIMEOUT_S)
        self._exporter.shutdown()

    def _run(self) -> None:
        ended = False
        while not ended:
            ended = self._stop.wait(self._every_s)
            data = metrics_data(REGISTRY.collect(), resource=self._resource, began_ns=self._began_ns)
            if self._exporter.export(data) is not otlp.MetricExportResult.SUCCESS:
                _log.warning("metrics_not_sent")


def metrics_data(families: Iterable[Family], *, resource: Resource, began_ns: int) -> otlp.MetricsData:
    """Return ours among these as OTLP has them: counted since ``began_ns``, in nanoseconds since 1970."""
    now_ns = time.time_ns()
    found = [_metric(family, began_ns, now_ns) for family in families if family.name.startswith(_OURS)]
    scope = otlp.ScopeMetrics(InstrumentationScope("forkant_kit"), [each for each in found if each is not None], "")
    return otlp.MetricsData([otlp.ResourceMetrics(resource, [scope], "")])


def _metric(family: Family, began_ns: int, now_ns: int) -> otlp.Metric | None:
    if family.type == "histogram":
        histogram = otlp.Histogram(list(_histograms(family.samples, began_ns, now_ns)), _CUMULATIVE)
        return otlp.Metric(family.name, family.documentation, "", histogram)
    if family.type == "counter":
        name = f"{family.name}_total"
        points = _numbers((each for each in family.samples if each.name == name), began_ns, now_ns)
        return otlp.Metric(name, family.documentation, "", otlp.Sum(points, _CUMULATIVE, is_monotonic=True))
    if family.type == "gauge":
        return otlp.Metric(family.name, family.documentation, "", otlp.Gauge(_numbers(family.samples, 0, now_ns)))
    return None


def _numbers(samples: Iterable[Sample], began_ns: int, now_ns: int) -> list[otlp.NumberDataPoint]:
    return [otlp.NumberDataPoint(dict(each.labels), began_ns, now_ns, float(each.value)) for each in samples]


def _histograms(samples: Iterable[Sample], began_ns: int, now_ns: int) -> Iterator[otlp.HistogramDataPoint]:
    """Yield one point for each set of labels: Prometheus counts up to each bound, OTLP between bounds."""
    series: dict[tuple[tuple[str, str], ...], dict[str, float]] = {}
    for sample in samples:
        labels = {name: value for name, value in sample.labels.items() if name != "le"}
        part = sample.labels.get("le") or sample.name.rpartition("_")[2]
        series.setdefault(tuple(sorted(labels.items())), {})[part] = sample.value
    for key, values in series.items():
        bounds = [float(part) for part in values if part not in {"count", "sum", "created", "+Inf"}]
        up_to = [0, *(int(values[part]) for part in values if part not in {"count", "sum", "created"})]
        counts = [after - before for before, after in pairwise(up_to)]
        # Prometheus knows neither the least nor the largest value: as the SDK has it where nothing is known of them.
        least, largest = math.inf, -math.inf
        yield otlp.HistogramDataPoint(
            dict(key), began_ns, now_ns, int(values["count"]), values["sum"], counts, bounds, least, largest
        )
