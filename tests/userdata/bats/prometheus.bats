setup() {
  load helper
  scratch prometheus
}

@test "it finds the hosts of its own environment in its own Region" {
  main prometheus
  local config=$ROOT/etc/prometheus/prometheus.yml
  grep -Fq 'region: us-east-1' "$config"
  grep -Fq 'endpoint: "https://ec2.us-east-1.amazonaws.com"' "$config"
  grep -Fq 'name: "tag:Project", values: ["microblog"]' "$config"
  grep -Fq 'name: "tag:Environment", values: ["test"]' "$config"
}

@test "it is installed, loaded with its configuration, and asked whether it is ready" {
  main prometheus
  called " install .* prometheus$"
  called "^systemctl restart prometheus.service$"
  called "^systemctl enable --now prometheus.service$"
  grep -qx "http://127.0.0.1:9090/-/ready" "$STATE/asked"
}

@test "nothing is doubled after many runs" {
  for _ in 1 2 3; do
    main prometheus
  done
  [[ $(grep -c job_name: "$ROOT/etc/prometheus/prometheus.yml") == $(grep -c job_name: "$USERDATA/files/prometheus/prometheus.yml") ]]
}

@test "a second run changes nothing" {
  main prometheus
  again prometheus
}

@test "a run cut off before the restart is made up for" {
  FAIL="systemctl restart" run ! main prometheus
  : >"$STATE/calls"
  main prometheus
  called "^systemctl restart prometheus.service$"
}

@test "a configuration that promtool refuses is not loaded" {
  export FAIL=promtool
  run ! main prometheus
  run ! called systemctl
}

@test "a host that knows not where it is does not begin" {
  unset HOST_REGION
  run ! main prometheus
  [[ -z $(calls) ]]
}

@test "sourcing is inert" {
  inert "$USERDATA/modules/prometheus.sh"
}
