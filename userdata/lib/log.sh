#!/bin/bash
# Messages, to the console and to the journal.

log_info() { log_write info "$*"; }
log_warning() { log_write warning "$*"; }
log_error() {
  # shellcheck disable=SC2034  # read by the boot report
  LOG_ERROR=$*
  log_write err "$*"
}

log_write() {
  local priority=$1 message=$2
  printf '%s: %s\n' "$priority" "$message" >&2
  if command -v logger >/dev/null; then
    logger --tag "${LOG_TAG-microblog-boot}" --priority "user.$priority" -- "$message" || true
  fi
}
