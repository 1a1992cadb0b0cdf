#!/bin/bash
# mtail: what nginx answered and how long it took, counted from its access log for Prometheus. nginx
# answers 502 and 504 by itself when the application does not: only its log knows what users saw.

mtail_settings() {
  : "${MTAIL_PORT:=3903}"
  # In the format that files/nginx/ calls `timed`.
  : "${MTAIL_ACCESS_LOG:=/var/log/nginx/access.log}"
  : "${MTAIL_CONF_DIR:=/etc/mtail}"
  : "${MTAIL_DEFAULTS:=/etc/default/mtail}"
}

mtail_main() {
  mtail_settings
  local program=$MTAIL_CONF_DIR/nginx.mtail
  packages_install mtail
  install_file mtail/nginx.mtail "$program"
  install_file mtail/defaults "$MTAIL_DEFAULTS" MTAIL_PORT MTAIL_ACCESS_LOG
  mtail --compile_only --progs "$MTAIL_CONF_DIR"
  service_apply restart mtail.service "$program" "$MTAIL_DEFAULTS"
  service_enable mtail.service
  http_wait "http://127.0.0.1:$MTAIL_PORT/metrics"
}
