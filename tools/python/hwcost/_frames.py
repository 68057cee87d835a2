"""Reports as pandas DataFrames. pandas is imported only where it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hwcost._core import NetworkReport


def report_frame(report: NetworkReport) -> Any:
    """A layer a row: name, op, module, machine, status, reason, widths, then every figure of the report's CSV."""
    import pandas

    rows = [
        {
            "name": layer.name,
            "op": layer.op,
            "module": layer.module,
            "machine": layer.machine,
            "status": layer.status,
            "reason": layer.reason,
            "w_bits": layer.w_bits,
            "in_bits": layer.in_bits,
            "repeat": layer.repeat,
            **layer.metrics,
        }
        for layer in report.layers
    ]
    return pandas.DataFrame(rows)
