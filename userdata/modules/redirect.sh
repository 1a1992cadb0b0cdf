#!/bin/bash
# redirect: nginx on one port that sends browsers to another one of this host.

redirect_settings() {
  : "${REDIRECT_PORT:=80}"
  : "${REDIRECT_TO_PORT:=8080}"
  : "${REDIRECT_CONF_DIR:=/etc/nginx}"
}

redirect_main() {
  redirect_settings
  local site=$REDIRECT_CONF_DIR/conf.d/redirect.conf
  packages_install nginx
  # The distribution's default site claims the same default_server.
  rm -f "$REDIRECT_CONF_DIR/sites-enabled/default"
  install_file redirect/site.conf "$site" REDIRECT_PORT REDIRECT_TO_PORT
  nginx -t -q -c "$REDIRECT_CONF_DIR/nginx.conf"
  service_apply reload-or-restart nginx.service "$site"
  service_enable nginx.service
  http_wait "http://127.0.0.1:$REDIRECT_PORT/"
}
