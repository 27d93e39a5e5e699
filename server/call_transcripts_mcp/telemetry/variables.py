"""Which telemetry the standard variables of OpenTelemetry ask for; the SDK reads the rest of them itself.

Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_PROTOCOL = "http/protobuf"


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What is exported.

    Attributes:
        traces, metrics: whether they are.
        is_named: whether a variable names the service.
        problems: sentences about variables that cannot be followed.
    """

    traces: bool = False
    metrics: bool = False
    is_named: bool = False
    problems: tuple[str, ...] = ()

    @property
    def is_asked_for(self) -> bool:
        """Whether there is anything to do."""
        return self.traces or self.metrics or bool(self.problems)


def telemetry_of(values: Mapping[str, str]) -> Telemetry:
    """What the variables ask for. Unlike the specification, nothing is exported by default.

    Args:
        values: the environment.
    """
    if values.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return Telemetry()
    problems: list[str] = []
    traces, metrics = (_is_exported(signal, values, problems) for signal in ("TRACES", "METRICS"))
    names = values.get("OTEL_RESOURCE_ATTRIBUTES", "")
    return Telemetry(
        traces=traces,
        metrics=metrics,
        is_named=bool(values.get("OTEL_SERVICE_NAME")) or "service.name=" in names,
        problems=tuple(problems),
    )


def _is_exported(signal: str, values: Mapping[str, str], problems: list[str]) -> bool:
    name = f"OTEL_{signal}_EXPORTER"
    exporter = values.get(name, "").lower()
    has_endpoint = bool(values.get(_ENDPOINT) or values.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"))
    if exporter not in ("", "otlp", "none"):
        problems.append(f"{name} names an exporter that this server does not have. Set it to otlp or none.")
        return False
    if exporter == "none" or not (exporter or has_endpoint):
        return False
    own = f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL"
    chosen = own if values.get(own) else "OTEL_EXPORTER_OTLP_PROTOCOL"
    if values.get(chosen, _PROTOCOL).lower() not in ("", _PROTOCOL):
        problems.append(
            f"{chosen} is not {_PROTOCOL}, the only protocol that this server exports with. Set it to that."
        )
        return False
    return True
