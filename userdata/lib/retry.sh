#!/bin/bash
# Retries, for what depends on the network: by default for about four minutes, which is longer than
# a NAT gateway takes to come up beside the first host that needs it.

retry_settings() {
  : "${RETRY_LIMIT:=8}"
  : "${RETRY_DELAY:=2}"
}

# retry COMMAND...: at most RETRY_LIMIT times, RETRY_DELAY seconds apart, doubling. COMMAND is one
# program, or a function of one command: errexit is off while it is tried.
retry() {
  retry_settings
  local attempt status delay=$RETRY_DELAY
  for ((attempt = 1; attempt < RETRY_LIMIT; attempt++)); do
    if "$@"; then
      return 0
    fi
    log_warning "attempt $attempt of $RETRY_LIMIT failed, the next in ${delay}s: $*"
    sleep "$delay"
    delay=$((delay * 2))
  done
  "$@" || {
    status=$?
    log_error "gave up after $RETRY_LIMIT attempts: $*"
    return "$status"
  }
}
