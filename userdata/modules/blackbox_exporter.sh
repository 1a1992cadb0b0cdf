#!/bin/bash
# blackbox_exporter: asks the site for a page as a user would, when Prometheus wants to know.

blackbox_exporter_settings() {
  : "${BLACKBOX_EXPORTER_PORT:=9115}"
  : "${BLACKBOX_EXPORTER_CONFIG:=/etc/prometheus/blackbox.yml}"
  : "${BLACKBOX_EXPORTER_DEFAULTS:=/etc/default/prometheus-blackbox-exporter}"
}

blackbox_exporter_main() {
  blackbox_exporter_settings
  local config=$BLACKBOX_EXPORTER_CONFIG
  packages_install prometheus-blackbox-exporter
  install_file blackbox_exporter/blackbox.yml "$config"
  install_file blackbox_exporter/defaults "$BLACKBOX_EXPORTER_DEFAULTS" \
    BLACKBOX_EXPORTER_PORT BLACKBOX_EXPORTER_CONFIG
  prometheus-blackbox-exporter --config.check --config.file="$config"
  service_apply restart prometheus-blackbox-exporter.service "$config" "$BLACKBOX_EXPORTER_DEFAULTS"
  service_enable prometheus-blackbox-exporter.service
  http_wait "http://127.0.0.1:$BLACKBOX_EXPORTER_PORT/-/healthy"
}
