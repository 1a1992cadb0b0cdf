setup() {
  load helper
  scratch grafana
  make_key
  export GRAFANA_KEY_FINGERPRINT=$FINGERPRINT
}

@test "it is installed from its repository, signed by the pinned key" {
  main grafana
  grep -qx "Signed-By: $ROOT/etc/apt/keyrings/grafana.gpg" "$ROOT/etc/apt/sources.list.d/grafana.sources"
  [[ -s $ROOT/etc/apt/keyrings/grafana.gpg ]]
  called " install .* grafana$"
  called "^systemctl restart grafana-server.service$"
  called "^systemctl enable --now grafana-server.service$"
}

@test "the package lists are read anew once the repository is there" {
  main grafana
  [[ $(grep -E "^apt-get|--output" "$STATE/calls" | grep -oE "^curl|update|install.*") == "update
install --no-install-recommends ca-certificates curl gpg
curl
update
install --no-install-recommends grafana" ]]
}

@test "its administrator's password is random, in a file that only it reads" {
  main grafana
  [[ $(<"$ROOT/etc/grafana/admin_password") =~ ^[0-9a-f]{64}$ ]]
  [[ $(stat -c %a "$ROOT/etc/grafana/admin_password") == 600 ]]
  grep -Fqx "admin_password = \$__file{$ROOT/etc/grafana/admin_password}" "$ROOT/etc/grafana/grafana.ini"
}

@test "nobody signs up and nobody is anonymous" {
  main grafana
  grep -A1 '^\[auth.anonymous\]' "$ROOT/etc/grafana/grafana.ini" | grep -qx "enabled = false"
  grep -qx "allow_sign_up = false" "$ROOT/etc/grafana/grafana.ini"
}

@test "an operator's password is taken instead" {
  publish /microblog/test/web/admin_password correct-horse
  main grafana
  [[ $(<"$ROOT/etc/grafana/admin_password") == correct-horse ]]
  [[ $(stat -c %a "$ROOT/etc/grafana/admin_password") == 600 ]]
  again grafana
}

@test "without an answer of Parameter Store it does not guess" {
  export FAIL=aws
  run ! main grafana
  [[ ! -e $ROOT/etc/grafana/admin_password ]]
}

@test "every dashboard is provisioned" {
  main grafana
  cmp "$USERDATA/files/grafana/hosts.json" "$ROOT/etc/grafana/dashboards/hosts.json"
  cmp "$USERDATA/files/grafana/application.json" "$ROOT/etc/grafana/dashboards/application.json"
}

@test "a second run changes nothing" {
  main grafana
  again grafana
}

@test "with another key in its place nothing is installed" {
  export GRAFANA_KEY_FINGERPRINT=0123456789ABCDEF0123456789ABCDEF01234567
  run ! main grafana
  [[ ! -e $ROOT/etc/apt/sources.list.d/grafana.sources ]]
  run ! called "install .*grafana"
}

@test "a server that does not answer fails it" {
  export FAIL="curl --fail --silent --output"
  run ! main grafana
}

@test "sourcing is inert" {
  inert "$USERDATA/modules/grafana.sh"
}
