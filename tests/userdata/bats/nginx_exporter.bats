setup() {
  load helper
  scratch nginx_exporter
}

@test "it listens on its port and asks nginx's status page" {
  export NGINX_EXPORTER_PORT=9114
  main nginx_exporter
  grep -qx 'ARGS="--web.listen-address=:9114 --nginx.scrape-uri=http://127.0.0.1:8081/stub_status"' \
    "$ROOT/etc/default/prometheus-nginx-exporter"
}

@test "it is installed, started, and its metrics are asked for" {
  main nginx_exporter
  called " install .* prometheus-nginx-exporter$"
  called "^systemctl restart prometheus-nginx-exporter.service$"
  called "^systemctl enable --now prometheus-nginx-exporter.service$"
  grep -qx "http://127.0.0.1:9113/metrics" "$STATE/asked"
}

@test "a second run changes nothing" {
  main nginx_exporter
  again nginx_exporter
}

@test "metrics that do not answer fail it" {
  export FAIL=curl
  run ! main nginx_exporter
}

@test "sourcing is inert" {
  inert "$USERDATA/modules/nginx_exporter.sh"
}
