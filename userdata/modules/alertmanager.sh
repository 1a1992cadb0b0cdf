#!/bin/bash
# alertmanager: sends the alerts of Prometheus to the SNS topic of the environment.

alertmanager_settings() {
  host_settings
  : "${ALERTMANAGER_TOPIC:?name of the SNS topic}"
  : "${ALERTMANAGER_PARTITION:=aws}"
  # Default: the instance's own account, which synthesis does not know.
  : "${ALERTMANAGER_ACCOUNT:=}"
  : "${ALERTMANAGER_SNS_ENDPOINT:=$(aws_endpoint sns)}"
  : "${ALERTMANAGER_PORT:=9093}"
  : "${ALERTMANAGER_CONFIG:=/etc/prometheus/alertmanager.yml}"
  : "${ALERTMANAGER_DEFAULTS:=/etc/default/prometheus-alertmanager}"
}

alertmanager_main() {
  alertmanager_settings
  local config=$ALERTMANAGER_CONFIG
  if [[ -z $ALERTMANAGER_ACCOUNT ]]; then
    ALERTMANAGER_ACCOUNT=$(alertmanager_account)
  fi
  packages_install prometheus-alertmanager
  install_file alertmanager/alertmanager.yml "$config" HOST_REGION ALERTMANAGER_TOPIC \
    ALERTMANAGER_PARTITION ALERTMANAGER_ACCOUNT ALERTMANAGER_SNS_ENDPOINT
  install_file alertmanager/defaults "$ALERTMANAGER_DEFAULTS" ALERTMANAGER_PORT ALERTMANAGER_CONFIG
  amtool check-config "$config" >/dev/null
  service_apply restart prometheus-alertmanager.service "$config" "$ALERTMANAGER_DEFAULTS"
  service_enable prometheus-alertmanager.service
  http_wait "http://127.0.0.1:$ALERTMANAGER_PORT/-/ready"
}

alertmanager_account() {
  aws_metadata identity-credentials/ec2/info | json_get 'it["AccountId"]'
}
