#!/bin/bash
# gunicorn_exporter: what gunicorn reports by statsd, and whether it answers, for Prometheus.

gunicorn_exporter_settings() {
  : "${GUNICORN_EXPORTER_PORT:=9102}"
  # Where files/microblog/serving.environment sends it.
  : "${GUNICORN_EXPORTER_STATSD_PORT:=8125}"
  : "${GUNICORN_EXPORTER_HEALTH_URL:=http://127.0.0.1:5000/}"
  : "${GUNICORN_EXPORTER_LIB_DIR:=/usr/local/lib/gunicorn_exporter}"
  : "${GUNICORN_EXPORTER_UNIT_DIR:=/etc/systemd/system}"
}

gunicorn_exporter_main() {
  gunicorn_exporter_settings
  local program=$GUNICORN_EXPORTER_LIB_DIR/gunicorn_exporter.py
  local unit=$GUNICORN_EXPORTER_UNIT_DIR/gunicorn_exporter.service
  packages_install python3-prometheus-client
  install_file gunicorn_exporter/gunicorn_exporter.py "$program"
  install_file gunicorn_exporter/gunicorn_exporter.service "$unit" GUNICORN_EXPORTER_PORT \
    GUNICORN_EXPORTER_STATSD_PORT GUNICORN_EXPORTER_HEALTH_URL GUNICORN_EXPORTER_LIB_DIR
  service_apply restart gunicorn_exporter.service "$program" "$unit"
  service_enable gunicorn_exporter.service
  http_wait "http://127.0.0.1:$GUNICORN_EXPORTER_PORT/metrics"
}
