#!/bin/bash
# grafana: dashboards over Prometheus, from Grafana's own repository, provisioned from files.

grafana_settings() {
  : "${GRAFANA_PORT:=3000}"
  : "${GRAFANA_PROMETHEUS_PORT:=9090}"
  # The signing key since 2023-08-24 (Grafana Labs: "Grafana security update: GPG signing key
  # rotation"); gpg-full.key also holds its predecessors, which are not trusted here.
  : "${GRAFANA_KEY_FINGERPRINT:=B53AE77BADB630A683046005963FA27710458545}"
  : "${GRAFANA_KEYRING:=/etc/apt/keyrings/grafana.gpg}"
  : "${GRAFANA_APT_SOURCE:=/etc/apt/sources.list.d/grafana.sources}"
  : "${GRAFANA_CONF_DIR:=/etc/grafana}"
}

grafana_main() {
  grafana_settings
  local config=$GRAFANA_CONF_DIR provisioning=$GRAFANA_CONF_DIR/provisioning
  packages_repository grafana/grafana.sources "$GRAFANA_APT_SOURCE" \
    https://apt.grafana.com/gpg-full.key "$GRAFANA_KEY_FINGERPRINT" "$GRAFANA_KEYRING" GRAFANA_KEYRING
  packages_install grafana

  # Read when Grafana makes its database, at the first start: admin/admin never exists.
  provide_secret admin_password "$config/admin_password" grafana:grafana
  install_file -m 0640 -o root:grafana grafana/grafana.ini "$config/grafana.ini" \
    GRAFANA_PORT GRAFANA_CONF_DIR
  install_file grafana/datasource.yaml "$provisioning/datasources/prometheus.yaml" \
    GRAFANA_PROMETHEUS_PORT
  install_file grafana/dashboards.yaml "$provisioning/dashboards/microblog.yaml" GRAFANA_CONF_DIR
  install_file grafana/hosts.json "$config/dashboards/hosts.json"
  install_file grafana/application.json "$config/dashboards/application.json"

  service_apply restart grafana-server.service "$config/grafana.ini" \
    "$provisioning/datasources/prometheus.yaml" "$provisioning/dashboards/microblog.yaml" \
    "$config/dashboards/hosts.json" "$config/dashboards/application.json"
  service_enable grafana-server.service
  http_wait "http://127.0.0.1:$GRAFANA_PORT/api/health"
}
