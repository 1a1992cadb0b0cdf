#!/bin/bash
# prometheus: finds the environment's hosts by their tags in EC2, collects their metrics, and judges
# them by its rules.

prometheus_settings() {
  host_settings
  : "${PROMETHEUS_PORT:=9090}"
  : "${PROMETHEUS_EC2_ENDPOINT:=$(aws_endpoint ec2)}"
  : "${PROMETHEUS_RETENTION_TIME:=15d}"
  : "${PROMETHEUS_RETENTION_SIZE:=4GB}"
  : "${PROMETHEUS_CONF_DIR:=/etc/prometheus}"
  : "${PROMETHEUS_DEFAULTS:=/etc/default/prometheus}"
}

prometheus_main() {
  prometheus_settings
  local config=$PROMETHEUS_CONF_DIR/prometheus.yml rules=$PROMETHEUS_CONF_DIR/rules.yml
  packages_install prometheus
  install_file prometheus/rules.yml "$rules"
  install_file prometheus/prometheus.yml "$config" \
    HOST_PROJECT HOST_ENVIRONMENT HOST_REGION PROMETHEUS_PORT PROMETHEUS_EC2_ENDPOINT
  install_file prometheus/defaults "$PROMETHEUS_DEFAULTS" \
    PROMETHEUS_PORT PROMETHEUS_RETENTION_TIME PROMETHEUS_RETENTION_SIZE
  promtool check config "$config"
  service_apply restart prometheus.service "$config" "$rules" "$PROMETHEUS_DEFAULTS"
  service_enable prometheus.service
  http_wait "http://127.0.0.1:$PROMETHEUS_PORT/-/ready"
}
