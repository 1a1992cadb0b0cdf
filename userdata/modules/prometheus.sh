#!/bin/bash
# prometheus: collects the metrics of the hosts, and its own.

prometheus_settings() {
  : "${PROMETHEUS_NODE_TARGETS:?node exporters as ADDRESS:PORT, separated by commas}"
  : "${PROMETHEUS_PORT:=9090}"
  : "${PROMETHEUS_RETENTION_TIME:=15d}"
  : "${PROMETHEUS_RETENTION_SIZE:=4GB}"
  : "${PROMETHEUS_CONF_DIR:=/etc/prometheus}"
  : "${PROMETHEUS_DEFAULTS:=/etc/default/prometheus}"
}

prometheus_main() {
  prometheus_settings
  local config=$PROMETHEUS_CONF_DIR/prometheus.yml
  packages_install prometheus
  # Written whole, never appended to: a second run cannot double an entry.
  install_file prometheus/prometheus.yml "$config" PROMETHEUS_PORT PROMETHEUS_NODE_TARGETS
  install_file prometheus/defaults "$PROMETHEUS_DEFAULTS" \
    PROMETHEUS_PORT PROMETHEUS_RETENTION_TIME PROMETHEUS_RETENTION_SIZE
  promtool check config "$config"
  service_apply restart prometheus.service "$config" "$PROMETHEUS_DEFAULTS"
  service_enable prometheus.service
  http_wait "http://127.0.0.1:$PROMETHEUS_PORT/-/ready"
}
