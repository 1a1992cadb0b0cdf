setup() {
  load helper
  scratch alertmanager
  export ALERTMANAGER_TOPIC=microblog-test-alarms
}

@test "it publishes to the topic of its own account and Region" {
  main alertmanager
  local config=$ROOT/etc/prometheus/alertmanager.yml
  grep -qx ' *- topic_arn: arn:aws:sns:us-east-1:123456789012:microblog-test-alarms' "$config"
  grep -Fq 'api_url: "https://sns.us-east-1.amazonaws.com"' "$config"
  grep -qx ' *region: us-east-1' "$config"
}

@test "it listens on loopback only, and alone" {
  main alertmanager
  grep -q -- '--web.listen-address=127.0.0.1:9093 --cluster.listen-address="$' \
    "$ROOT/etc/default/prometheus-alertmanager"
}

@test "it is installed, loaded with its configuration, and asked whether it is ready" {
  main alertmanager
  called " install .* prometheus-alertmanager$"
  called "^systemctl restart prometheus-alertmanager.service$"
  called "^systemctl enable --now prometheus-alertmanager.service$"
  grep -qx "http://127.0.0.1:9093/-/ready" "$STATE/asked"
}

@test "a second run changes nothing" {
  main alertmanager
  again alertmanager
}

@test "an instance that cannot tell its account fails it, before anything is installed" {
  export FAIL=aws
  run ! main alertmanager
  [[ -z $(calls) ]]
}

@test "a configuration that amtool refuses is not loaded" {
  export FAIL=amtool
  run ! main alertmanager
  run ! called systemctl
}

@test "without a topic it does not begin" {
  unset ALERTMANAGER_TOPIC
  run ! main alertmanager
  [[ -z $(calls) ]]
}

@test "sourcing is inert" {
  inert "$USERDATA/modules/alertmanager.sh"
}
