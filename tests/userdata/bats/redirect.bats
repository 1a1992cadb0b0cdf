setup() {
  load helper
  scratch redirect
}

@test "one port sends to the other, of whatever name the browser asked for" {
  export REDIRECT_TO_PORT=9999
  main redirect
  site=$ROOT/etc/nginx/conf.d/redirect.conf
  grep -q "listen 80 default_server;" "$site"
  grep -q 'return 308 http://$host:9999$request_uri;' "$site"
  grep -qx "http://127.0.0.1:80/" "$STATE/asked"
}

@test "the distribution's own site is gone" {
  mkdir -p "$ROOT/etc/nginx/sites-enabled" && touch "$ROOT/etc/nginx/sites-enabled/default"
  main redirect
  [[ ! -e $ROOT/etc/nginx/sites-enabled/default ]]
}

@test "a configuration that nginx refuses is not loaded" {
  export FAIL=nginx
  run ! main redirect
  run ! called "nginx.service"
}

@test "a second run changes nothing" {
  main redirect
  again redirect
}

@test "sourcing is inert" {
  inert "$USERDATA/modules/redirect.sh"
}
