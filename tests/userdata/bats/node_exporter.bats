setup() {
  load helper
  scratch node_exporter
}

@test "it listens on its port and its metrics are asked for once" {
  export NODE_EXPORTER_PORT=9111
  main node_exporter
  grep -q '^ARGS="--web.listen-address=:9111 ' "$ROOT/etc/default/prometheus-node-exporter"
  called " install .* prometheus-node-exporter$"
  called "^systemctl restart prometheus-node-exporter.service$"
  called "^systemctl enable --now prometheus-node-exporter.service$"
  grep -qx "http://127.0.0.1:9111/metrics" "$STATE/asked"
}

@test "a second run changes nothing" {
  main node_exporter
  again node_exporter
}

@test "metrics that do not answer fail it" {
  export FAIL=curl
  run ! main node_exporter
}

@test "sourcing is inert" {
  inert "$USERDATA/modules/node_exporter.sh"
}
