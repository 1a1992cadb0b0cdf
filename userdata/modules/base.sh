#!/bin/bash
# base: what every host has: certificates, security upgrades, logs with an end, a clock, no SSH by
# password.

base_settings() {
  : "${BASE_APT_CONF_DIR:=/etc/apt/apt.conf.d}"
  : "${BASE_SSHD_CONF_DIR:=/etc/ssh/sshd_config.d}"
  : "${BASE_SSHD_RUN_DIR:=/run/sshd}"
  : "${BASE_JOURNALD_CONF_DIR:=/etc/systemd/journald.conf.d}"
}

base_main() {
  base_settings
  packages_install ca-certificates curl logrotate unattended-upgrades
  install_file base/upgrades.conf "$BASE_APT_CONF_DIR/80microblog-upgrades"
  base_journal
  base_clock
  base_sshd
}

base_journal() {
  local path=$BASE_JOURNALD_CONF_DIR/microblog.conf
  install_file base/journald.conf "$path"
  service_apply try-restart systemd-journald.service "$path"
}

# Ubuntu's image brings chrony, Debian's systemd-timesyncd: either will do.
base_clock() {
  local service
  for service in chrony systemd-timesyncd; do
    if systemctl is-enabled --quiet "$service" 2>/dev/null; then
      return 0
    fi
  done
  packages_install systemd-timesyncd
  service_enable systemd-timesyncd
}

base_sshd() {
  # sshd takes the first value it reads; cloud-init's own file is 50-cloud-init.conf.
  local path=$BASE_SSHD_CONF_DIR/10-microblog.conf
  if [[ ! -d $BASE_SSHD_CONF_DIR ]]; then
    log_info "no SSH server here: nothing to harden"
    return 0
  fi
  install_file -m 0600 base/sshd.conf "$path"
  # systemd makes it when sshd starts, and `sshd -t` wants it before.
  mkdir -p "$BASE_SSHD_RUN_DIR"
  sshd -t
  service_apply try-reload-or-restart ssh.service "$path"
}
