setup() {
  load helper
  scratch gunicorn_exporter
}

@test "its unit starts it with its ports and what to ask gunicorn for" {
  export GUNICORN_EXPORTER_PORT=9103 GUNICORN_EXPORTER_HEALTH_URL=http://127.0.0.1:5001/health
  main gunicorn_exporter
  grep -qx "ExecStart=/usr/bin/python3 $ROOT/usr/local/lib/gunicorn_exporter/gunicorn_exporter.py 8125 9103 http://127.0.0.1:5001/health" \
    "$ROOT/etc/systemd/system/gunicorn_exporter.service"
}

@test "it is installed, started, and its metrics are asked for" {
  main gunicorn_exporter
  called " install .* python3-prometheus-client$"
  called "^systemctl restart gunicorn_exporter.service$"
  called "^systemctl enable --now gunicorn_exporter.service$"
  grep -qx "http://127.0.0.1:9102/metrics" "$STATE/asked"
}

@test "a second run changes nothing" {
  main gunicorn_exporter
  again gunicorn_exporter
}

@test "metrics that do not answer fail it" {
  export FAIL=curl
  run ! main gunicorn_exporter
}

@test "sourcing is inert" {
  inert "$USERDATA/modules/gunicorn_exporter.sh"
}
