#!/bin/bash
# node_exporter: the host's metrics for Prometheus.

node_exporter_settings() {
  : "${NODE_EXPORTER_PORT:=9100}"
  : "${NODE_EXPORTER_DEFAULTS:=/etc/default/prometheus-node-exporter}"
}

node_exporter_main() {
  node_exporter_settings
  packages_install prometheus-node-exporter
  install_file node_exporter/defaults "$NODE_EXPORTER_DEFAULTS" NODE_EXPORTER_PORT
  service_apply restart prometheus-node-exporter.service "$NODE_EXPORTER_DEFAULTS"
  service_enable prometheus-node-exporter.service
  http_wait "http://127.0.0.1:$NODE_EXPORTER_PORT/metrics"
}
