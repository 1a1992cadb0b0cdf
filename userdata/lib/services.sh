#!/bin/bash
# systemd services, and stamps: digests of the files with which something was last done, so that
# it is done again when they differ, and also when a run was cut off between writing and doing.

stamp_settings() {
  : "${STAMP_DIR:=/var/lib/microblog-boot/stamps}"
}

# stamp_matches NAME FILE...
stamp_matches() {
  stamp_settings
  local name=$1
  shift
  [[ -e $STAMP_DIR/$name && $(sha256sum "$@") == $(<"$STAMP_DIR/$name") ]]
}

# stamp_write NAME FILE...
stamp_write() {
  stamp_settings
  local name=$1
  shift
  sha256sum "$@" | write_file "$STAMP_DIR/$name" 0644
}

# service_apply VERB UNIT FILE...: systemctl VERB when UNIT has not yet seen these files.
service_apply() {
  local verb=$1 unit=$2
  shift 2
  if stamp_matches "$unit" "$@"; then
    return 0
  fi
  systemctl daemon-reload
  systemctl "$verb" "$unit"
  stamp_write "$unit" "$@"
}

# service_enable UNIT: runs now and after every boot.
service_enable() {
  if ! systemctl is-enabled --quiet "$1" || ! systemctl is-active --quiet "$1"; then
    systemctl enable --now "$1"
  fi
}
