#!/bin/bash
# nginx_exporter: nginx's connections for Prometheus, from its status page.

nginx_exporter_settings() {
  : "${NGINX_EXPORTER_PORT:=9113}"
  # Where files/nginx/ has `stub_status`.
  : "${NGINX_EXPORTER_STATUS_URL:=http://127.0.0.1:8081/stub_status}"
  : "${NGINX_EXPORTER_DEFAULTS:=/etc/default/prometheus-nginx-exporter}"
}

nginx_exporter_main() {
  nginx_exporter_settings
  packages_install prometheus-nginx-exporter
  install_file nginx_exporter/defaults "$NGINX_EXPORTER_DEFAULTS" \
    NGINX_EXPORTER_PORT NGINX_EXPORTER_STATUS_URL
  service_apply restart prometheus-nginx-exporter.service "$NGINX_EXPORTER_DEFAULTS"
  service_enable prometheus-nginx-exporter.service
  http_wait "http://127.0.0.1:$NGINX_EXPORTER_PORT/metrics"
}
