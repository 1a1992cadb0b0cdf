#!/bin/bash
# nginx: reverse proxy in front of the application server.

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
}

nginx_main() {
  nginx_settings
  local site=$NGINX_CONF_DIR/conf.d/microblog.conf
  packages_install nginx
  # The distribution's default site claims the same default_server.
  rm -f "$NGINX_CONF_DIR/sites-enabled/default"
  install_file nginx/microblog.conf "$site" NGINX_UPSTREAM_ADDRESS NGINX_UPSTREAM_PORT \
    NGINX_LISTEN_PORT NGINX_MAX_BODY NGINX_REQUESTS_PER_SECOND NGINX_BURST NGINX_STATUS_PORT \
    NGINX_ACCESS_LOG
  nginx -t -q -c "$NGINX_CONF_DIR/nginx.conf"
  service_apply reload-or-restart nginx.service "$site"
  service_enable nginx.service
  http_wait "http://127.0.0.1:$NGINX_LISTEN_PORT/healthz"
}
