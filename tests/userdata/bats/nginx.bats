setup() {
  load helper
  scratch nginx
  export NGINX_UPSTREAM_ADDRESS=10.0.2.110
  mkdir -p "$ROOT/etc/nginx/sites-enabled"
  ln -s ../sites-available/default "$ROOT/etc/nginx/sites-enabled/default"
}

@test "the site names the upstream and the default site is gone" {
  main nginx
  grep -q "server 10.0.2.110:5000;" "$ROOT/etc/nginx/conf.d/microblog.conf"
  grep -q "listen 80 default_server;" "$ROOT/etc/nginx/conf.d/microblog.conf"
  [[ ! -e $ROOT/etc/nginx/sites-enabled/default && ! -L $ROOT/etc/nginx/sites-enabled/default ]]
  called "^apt-get .* install .* nginx$"
  called "^systemctl enable --now nginx.service$"
  grep -qx "http://127.0.0.1:80/healthz" "$STATE/asked"
}

@test "a second run changes nothing" {
  main nginx
  again nginx
}

@test "a changed setting is written and loaded" {
  main nginx
  : >"$STATE/calls"
  export NGINX_UPSTREAM_ADDRESS=10.0.2.111
  main nginx
  grep -q "server 10.0.2.111:5000;" "$ROOT/etc/nginx/conf.d/microblog.conf"
  called "^systemctl reload-or-restart nginx.service$"
}

@test "a configuration that nginx refuses is not loaded, and is refused again the next time" {
  main nginx
  : >"$STATE/calls"
  export NGINX_UPSTREAM_PORT=5001
  export FAIL=nginx
  run ! main nginx
  run ! main nginx
  run ! called systemctl
  unset FAIL
  main nginx
  called "^systemctl reload-or-restart nginx.service$"
}

@test "a package that cannot be installed fails it" {
  export FAIL=apt-get
  run ! main nginx
  [[ ! -e $ROOT/etc/nginx/conf.d/microblog.conf ]]
}

@test "a value that nginx would read as more than a value is refused" {
  export NGINX_UPSTREAM_ADDRESS='10.0.2.110; include /etc/passwd'
  run ! main nginx
  [[ $output == *"NGINX_UPSTREAM_ADDRESS holds a character"* ]]
}

@test "without the upstream's address it does not begin" {
  unset NGINX_UPSTREAM_ADDRESS
  run ! main nginx
  [[ $output == *"address of the application server"* ]]
  [[ -z $(calls) ]]
}

@test "sourcing is inert" {
  inert "$USERDATA/modules/nginx.sh"
}
