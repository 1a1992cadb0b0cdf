#!/bin/bash
# nginx: reverse proxy in front of the application server; with NGINX_TLS by TLS alone, by the
# certificate (a chain in PEM) and its key that an operator put into this host's parameters
# `certificate` and `certificate_key`.

nginx_settings() {
  : "${NGINX_UPSTREAM_ADDRESS:?address of the application server}"
  : "${NGINX_UPSTREAM_PORT:=5000}"
  : "${NGINX_LISTEN_PORT:=80}"
  : "${NGINX_MAX_BODY:=2m}"
  : "${NGINX_REQUESTS_PER_SECOND:=20}"
  : "${NGINX_BURST:=40}"
  : "${NGINX_STATUS_PORT:=8081}"
  : "${NGINX_ACCESS_LOG:=/var/log/nginx/access.log}"
  : "${NGINX_CONF_DIR:=/etc/nginx}"
  : "${NGINX_TLS:=no}"
  : "${NGINX_TLS_PORT:=443}"
  : "${NGINX_TLS_DIR:=/etc/nginx/microblog-tls}"
}

nginx_main() {
  nginx_settings
  local site=$NGINX_CONF_DIR/conf.d/microblog.conf files
  packages_install nginx
  # The distribution's default site claims the same default_server.
  rm -f "$NGINX_CONF_DIR/sites-enabled/default"
  install_file nginx/microblog.conf "$site" NGINX_UPSTREAM_ADDRESS NGINX_UPSTREAM_PORT \
    NGINX_LISTEN_PORT NGINX_MAX_BODY NGINX_REQUESTS_PER_SECOND NGINX_BURST NGINX_STATUS_PORT \
    NGINX_ACCESS_LOG NGINX_TLS_DIR
  nginx_tls
  nginx -t -q -c "$NGINX_CONF_DIR/nginx.conf"
  mapfile -t files < <(find "$NGINX_TLS_DIR" -type f | sort)
  service_apply reload-or-restart nginx.service "$site" "${files[@]}"
  service_enable nginx.service
  http_wait "http://127.0.0.1:$NGINX_LISTEN_PORT/healthz"
}

# Certificate and key are asked for together and written together, or neither.
nginx_tls() {
  local certificate key
  make_dir "$NGINX_TLS_DIR" 0700
  if [[ $NGINX_TLS != yes ]]; then
    rm -f "$NGINX_TLS_DIR"/*
    return 0
  fi
  certificate=$(aws_parameter_get "$(host_parameter certificate)")
  key=$(aws_parameter_get "$(host_parameter certificate_key)")
  if [[ -z $certificate || -z $key ]]; then
    log_error "put both $(host_parameter certificate) and $(host_parameter certificate_key) into Parameter Store"
    return 1
  fi
  printf '%s\n' "$certificate" | write_file "$NGINX_TLS_DIR/certificate.pem" 0644
  printf '%s\n' "$key" | write_file "$NGINX_TLS_DIR/key.pem" 0600
  install_file nginx/tls.conf "$NGINX_TLS_DIR/tls.conf" NGINX_TLS_PORT NGINX_TLS_DIR
}
