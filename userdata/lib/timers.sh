#!/bin/bash
# Timers: what a module keeps true runs again every minute, so that it heals by itself when another
# host is replaced.

timer_settings() {
  : "${TIMER_COMMAND_DIR:=/usr/local/lib/microblog-boot}"
  : "${TIMER_UNIT_DIR:=/etc/systemd/system}"
}

# timer_install MODULE: MODULE_sync, from now on and after every boot, by a service that may write
# in the module's folder of /var/lib only (MODULE with `-` for `_`, as the units are named).
timer_install() {
  timer_settings
  local module=$1 TIMER_NAME=${1//_/-}
  local command=$TIMER_COMMAND_DIR/$TIMER_NAME unit=$TIMER_UNIT_DIR/$TIMER_NAME
  command_install "$command" "$module" "${module}_sync"
  install_file lib/timer.service "$unit.service" TIMER_NAME TIMER_COMMAND_DIR
  install_file lib/timer.timer "$unit.timer" TIMER_NAME
  # Restarted, it runs its service at once.
  service_apply restart "$TIMER_NAME.timer" "$command" "$unit.service" "$unit.timer"
  service_enable "$TIMER_NAME.timer"
}
