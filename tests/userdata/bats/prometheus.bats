setup() {
  load helper
  scratch prometheus
  export PROMETHEUS_NODE_TARGETS=10.0.2.110:9100,127.0.0.1:9100
}

@test "every target is there once, also after many runs" {
  for _ in 1 2 3; do
    main prometheus
  done
  [[ $(grep -c job_name: "$ROOT/etc/prometheus/prometheus.yml") -eq 2 ]]
  grep -Fq 'targets: [10.0.2.110:9100,127.0.0.1:9100]' "$ROOT/etc/prometheus/prometheus.yml"
  grep -Fq 'targets: [127.0.0.1:9090]' "$ROOT/etc/prometheus/prometheus.yml"
}

@test "it is installed, loaded with its configuration, and asked whether it is ready" {
  main prometheus
  called " install .* prometheus$"
  called "^systemctl restart prometheus.service$"
  called "^systemctl enable --now prometheus.service$"
  grep -qx "http://127.0.0.1:9090/-/ready" "$STATE/asked"
}

@test "a second run changes nothing" {
  main prometheus
  again prometheus
}

@test "a configuration that promtool refuses is not loaded" {
  export FAIL=promtool
  run ! main prometheus
  run ! called systemctl
}

@test "without targets it does not begin" {
  unset PROMETHEUS_NODE_TARGETS
  run ! main prometheus
  [[ -z $(calls) ]]
}

@test "sourcing is inert" {
  inert "$USERDATA/modules/prometheus.sh"
}
