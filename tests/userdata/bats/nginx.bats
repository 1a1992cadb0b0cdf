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

@test "an operator's certificate is taken, its key readable to root alone" {
  export NGINX_TLS=yes
  publish /microblog/test/web/certificate "a chain"
  publish /microblog/test/web/certificate_key "a key"
  main nginx
  tls=$ROOT/etc/nginx/microblog-tls
  grep -qx "    include $tls/\*.conf;" "$ROOT/etc/nginx/conf.d/microblog.conf"
  grep -qx "listen 443 ssl default_server;" "$tls/tls.conf"
  [[ $(<"$tls/certificate.pem") == "a chain" && $(<"$tls/key.pem") == "a key" ]]
  [[ $(stat -c %a "$tls" "$tls/key.pem") == $'700\n600' ]]
  again nginx
  publish /microblog/test/web/certificate "a newer chain"
  main nginx
  [[ $(<"$tls/certificate.pem") == "a newer chain" ]]
  called "^systemctl reload-or-restart nginx.service$"
  export NGINX_TLS=no
  main nginx
  [[ -z $(ls -A "$tls") ]]
}

@test "without being told so it serves no TLS, whatever Parameter Store has" {
  publish /microblog/test/web/certificate "a chain"
  publish /microblog/test/web/certificate_key "a key"
  main nginx
  [[ -z $(ls -A "$ROOT/etc/nginx/microblog-tls") ]]
}

@test "TLS without a certificate, or without its key, fails it" {
  export NGINX_TLS=yes
  run ! main nginx
  [[ $output == *"put both /microblog/test/web/certificate and"* ]]
  publish /microblog/test/web/certificate "a chain"
  run ! main nginx
  [[ $output == *"put both /microblog/test/web/certificate and"* ]]
}

@test "TLS without AWS fails it, and nothing of an older certificate is lost" {
  export NGINX_TLS=yes
  publish /microblog/test/web/certificate "a chain"
  publish /microblog/test/web/certificate_key "a key"
  main nginx
  export FAIL=aws
  run ! main nginx
  [[ $(<"$ROOT/etc/nginx/microblog-tls/key.pem") == "a key" ]]
}

@test "sourcing is inert" {
  inert "$USERDATA/modules/nginx.sh"
}
