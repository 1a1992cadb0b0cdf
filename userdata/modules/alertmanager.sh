#!/bin/bash
# alertmanager: sends the alerts of Prometheus to the SNS topic of the environment.

alertmanager_settings() {
  host_settings
  : "${ALERTMANAGER_TOPIC:?name of the SNS topic, in the account and Region of the host}"
  : "${ALERTMANAGER_SNS_ENDPOINT:=$(aws_endpoint sns)}"
  : "${ALERTMANAGER_PORT:=9093}"
  : "${ALERTMANAGER_CONFIG:=/etc/prometheus/alertmanager.yml}"
  : "${ALERTMANAGER_DEFAULTS:=/etc/default/prometheus-alertmanager}"
}

alertmanager_main() {
  alertmanager_settings
  local config=$ALERTMANAGER_CONFIG
  local ALERTMANAGER_TOPIC_ARN=""
  # shellcheck disable=SC2034  # read by install_file
  ALERTMANAGER_TOPIC_ARN=$(alertmanager_topic_arn)
  packages_install prometheus-alertmanager
  install_file alertmanager/alertmanager.yml "$config" \
    HOST_REGION ALERTMANAGER_TOPIC_ARN ALERTMANAGER_SNS_ENDPOINT
  install_file alertmanager/defaults "$ALERTMANAGER_DEFAULTS" ALERTMANAGER_PORT ALERTMANAGER_CONFIG
  amtool check-config "$config" >/dev/null
  service_apply restart prometheus-alertmanager.service "$config" "$ALERTMANAGER_DEFAULTS"
  service_enable prometheus-alertmanager.service
  http_wait "http://127.0.0.1:$ALERTMANAGER_PORT/-/ready"
}

# The account, which synthesis does not know, is that of the instance's own profile:
# arn:aws:iam::123456789012:instance-profile/NAME.
alertmanager_topic_arn() {
  local profile partition account
  profile=$(aws_metadata iam/info | json_get 'it["InstanceProfileArn"]')
  IFS=: read -r _ partition _ _ account _ <<<"$profile"
  printf 'arn:%s:sns:%s:%s:%s' "$partition" "$HOST_REGION" "$account" "$ALERTMANAGER_TOPIC"
}
