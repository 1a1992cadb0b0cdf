setup() {
  load helper
  scratch blackbox_exporter
}

@test "it listens on loopback only, so that nobody else can probe from here" {
  main blackbox_exporter
  grep -q -- '--web.listen-address=127.0.0.1:9115"$' "$ROOT/etc/default/prometheus-blackbox-exporter"
}

@test "it is installed, loaded with its configuration, and asked whether it is well" {
  main blackbox_exporter
  grep -qx ' *site:' "$ROOT/etc/prometheus/blackbox.yml"
  called " install .* prometheus-blackbox-exporter$"
  called "^systemctl restart prometheus-blackbox-exporter.service$"
  called "^systemctl enable --now prometheus-blackbox-exporter.service$"
  grep -qx "http://127.0.0.1:9115/-/healthy" "$STATE/asked"
}

@test "a second run changes nothing" {
  main blackbox_exporter
  again blackbox_exporter
}

@test "a configuration that it refuses is not loaded" {
  export FAIL=prometheus-blackbox-exporter
  run ! main blackbox_exporter
  run ! called systemctl
}

@test "sourcing is inert" {
  inert "$USERDATA/modules/blackbox_exporter.sh"
}
