"""Grafana's dashboards, as compact JSON that user data can carry.

`python -m tools.dashboards` writes them to userdata/files/grafana/; `--check` only compares.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from grafana_foundation_sdk.builders import dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DataSourceRef,
    VariableRefresh,
)

FOLDER = Path(__file__).resolve().parent.parent / "userdata" / "files" / "grafana"
SOURCE = DataSourceRef(type_val="prometheus", uid="prometheus")
HOST = '{host=~"$host"}'

Query = tuple[str, str]
"""An expression, and the legend of its series."""
Panel = timeseries.Panel | stat.Panel


def graph(title: str, unit: str, *queries: Query) -> Panel:
    """A panel over time, half the page wide; `unit` is one of Grafana's ids."""
    panel = timeseries.Panel().title(title).unit(unit).min(0).span(12).height(8)
    return _with_queries(panel, queries)


def number(title: str, unit: str, *queries: Query) -> Panel:
    """The latest value, a quarter of the page wide."""
    panel = stat.Panel().title(title).unit(unit).span(6).height(4)
    return _with_queries(panel, queries)


def _with_queries(panel: Panel, queries: Sequence[Query]) -> Panel:
    panel.datasource(SOURCE)
    for ref, (expr, legend) in zip("ABCDEFGH", queries, strict=False):
        panel.with_target(prometheus.Dataquery().expr(expr).legend_format(legend).ref_id(ref))
    return panel


def quantiles(histogram: str) -> list[Query]:
    """How long the fastest half, 95 % and 99 % take at most."""
    buckets = f"sum by (le) (rate({histogram}_bucket[5m]))"
    return [
        (f"histogram_quantile({share}, {buckets})", f"{share:.0%}") for share in (0.5, 0.95, 0.99)
    ]


def _page(uid: str, title: str, panels: Sequence[Panel]) -> dashboard.Dashboard:
    page = (
        dashboard.Dashboard(title)
        .uid(uid)
        .tags(["microblog"])
        .readonly()
        .timezone("utc")
        .refresh("30s")
        .time("now-6h", "now")
        .tooltip(DashboardCursorSync.CROSSHAIR)
    )
    for panel in panels:
        page.with_panel(panel)
    return page


def hosts() -> dashboard.Dashboard:
    """Every host, or those chosen by `$host`."""
    page = _page(
        "hosts",
        "Hosts",
        [
            graph("CPU busy", "percentunit", (f"host:cpu_busy:ratio{HOST}", "{{host}}")),
            graph("Memory left", "percentunit", (f"host:memory_available:ratio{HOST}", "{{host}}")),
            graph("Disk left", "percentunit", (f"host:disk_free:ratio{HOST}", "{{host}}")),
            graph("Load, 5 minutes", "short", (f"node_load5{HOST}", "{{host}}")),
            graph(
                "Network",
                "Bps",
                *(
                    (
                        f"sum by (host) (rate(node_network_{way}_bytes_total"
                        '{device!="lo", host=~"$host"}[5m]))',
                        f"{{{{host}}}} {way}",
                    )
                    for way in ("receive", "transmit")
                ),
            ),
            graph(
                "Disk writes and reads",
                "Bps",
                *(
                    (
                        f"sum by (host) (rate(node_disk_{way}_bytes_total{HOST}[5m]))",
                        f"{{{{host}}}} {way}",
                    )
                    for way in ("written", "read")
                ),
            ),
            graph("Answers Prometheus", "short", (f"up{HOST}", "{{host}} {{job}}")),
            graph("Boot went well", "short", (f"microblog_boot_result{HOST}", "{{host}}")),
        ],
    )
    return page.with_variable(
        dashboard.QueryVariable("host")
        .label("Host")
        .datasource(SOURCE)
        .query('label_values(up{job="node"}, host)')
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .multi(True)
        .include_all(True)
    )


def application() -> dashboard.Dashboard:
    """The site as its users feel it, and what stands behind it."""
    return _page(
        "application",
        "Application",
        [
            number("First page answers", "bool_yes_no", ("min(probe_success)", "")),
            number("Errors of ours (5xx)", "percentunit", ("site:errors:ratio", "")),
            number("19 of 20 answers within", "s", ("site:response_seconds:p95", "")),
            number("Alerts", "short", ('count(ALERTS{alertstate="firing"}) or vector(0)', "")),
            graph(
                "Answers to users",
                "reqps",
                ("sum by (code) (rate(nginx_responses_total[5m]))", "{{code}}"),
            ),
            graph("Time to answer users", "s", *quantiles("nginx_response_seconds")),
            graph(
                "Answers of gunicorn",
                "reqps",
                ("sum by (code) (rate(gunicorn_responses_total[5m]))", "{{code}}"),
            ),
            graph("Time gunicorn takes", "s", *quantiles("gunicorn_request_seconds")),
            graph(
                "First page, asked for every 15 seconds",
                "s",
                ("probe_duration_seconds", "{{host}}"),
            ),
            graph(
                "Connections to nginx",
                "short",
                ("nginx_connections_active", "active"),
                ("nginx_connections_waiting", "waiting"),
            ),
            graph(
                "gunicorn",
                "short",
                ("gunicorn_workers", "workers"),
                ("gunicorn_up", "answers"),
                ("sum by (level) (increase(gunicorn_log_messages_total[5m]))", "logged {{level}}"),
            ),
            graph("Last deploy went well", "short", ("microblog_deploy_result", "{{host}}")),
            graph(
                "Age of the last backup",
                "s",
                ("time() - microblog_backup_timestamp_seconds", "{{host}}"),
            ),
        ],
    )


DASHBOARDS = {"hosts.json": hosts, "application.json": application}


def text(page: dashboard.Dashboard) -> str:
    """One line of JSON, keys sorted."""
    plain = json.loads(JSONEncoder().encode(page.build()))
    return json.dumps(plain, sort_keys=True, separators=(",", ":")) + "\n"


def main() -> int:
    """Write or check; 1 if a file is stale."""
    parser = argparse.ArgumentParser(description="Write Grafana's dashboards.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if one is stale")
    checking = parser.parse_args().check
    stale = False
    for name, page in DASHBOARDS.items():
        path, current = FOLDER / name, text(page())
        if not checking:
            path.write_text(current, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != current:
            print(f"{path.name}: is stale; run python -m tools.dashboards", file=sys.stderr)
            stale = True
    return int(stale)


if __name__ == "__main__":
    raise SystemExit(main())
