"""Metrics of gunicorn for Prometheus: what it sends by statsd, and whether it answers.

gunicorn_exporter.py STATSD_PORT METRICS_PORT HEALTH_URL
"""

import re
import socket
import sys
import urllib.error
import urllib.request

from prometheus_client import Counter, Gauge, Histogram, start_http_server

# Names and units: gunicorn's page "Instrumentation", and gunicorn/instrument/statsd.py.
STATUS = re.compile(r"gunicorn\.request\.status\.(\d{3}):1\|c")
DURATION = re.compile(r"gunicorn\.request\.duration:(\d+(?:\.\d+)?)\|ms")
LOGGED = re.compile(r"gunicorn\.log\.(\w+):1\|c")
WORKERS = re.compile(r"gunicorn\.workers:(\d+)\|g")

responses = Counter("gunicorn_responses", "Requests that were answered.", ["code"])
seconds = Histogram("gunicorn_request_seconds", "How long an answer took.")
logged = Counter("gunicorn_log_messages", "Messages of the error log.", ["level"])
workers = Gauge("gunicorn_workers", "Workers; gunicorn tells when their number changes.")
up = Gauge("gunicorn_up", "1 if gunicorn answers, with a status below 500, within 5 seconds.")


def count(message: str) -> None:
    if match := STATUS.match(message):
        responses.labels(match[1]).inc()
    elif match := DURATION.match(message):
        seconds.observe(float(match[1]) / 1000)
    elif match := LOGGED.match(message):
        logged.labels(match[1]).inc()
    elif match := WORKERS.match(message):
        workers.set(float(match[1]))


def answers(url: str) -> float:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return 1
    except urllib.error.HTTPError as error:
        return float(error.code < 500)
    except OSError:
        return 0


def main() -> None:
    statsd_port, metrics_port, health_url = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    up.set_function(lambda: answers(health_url))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as statsd:
        statsd.bind(("127.0.0.1", statsd_port))
        start_http_server(metrics_port)
        while True:
            count(statsd.recv(1024).decode("ascii", "replace"))


if __name__ == "__main__":
    main()
