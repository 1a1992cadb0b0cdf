setup() {
  load helper
  scratch mtail
}

@test "it reads nginx's access log and listens on its port" {
  export MTAIL_PORT=3904
  main mtail
  grep -qx "PORT=3904" "$ROOT/etc/default/mtail"
  grep -qx "LOGS=$ROOT/var/log/nginx/access.log" "$ROOT/etc/default/mtail"
}

@test "it is installed, started with its program, and its metrics are asked for" {
  main mtail
  [[ -s $ROOT/etc/mtail/nginx.mtail ]]
  called " install .* mtail$"
  called "^systemctl restart mtail.service$"
  called "^systemctl enable --now mtail.service$"
  grep -qx "http://127.0.0.1:3903/metrics" "$STATE/asked"
}

@test "a second run changes nothing" {
  main mtail
  again mtail
}

@test "a program that does not compile is not loaded" {
  export FAIL=mtail
  run ! main mtail
  run ! called systemctl
}

@test "sourcing is inert" {
  inert "$USERDATA/modules/mtail.sh"
}
