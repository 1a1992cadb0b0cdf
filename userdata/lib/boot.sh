#!/bin/bash
# The boot report: one JSON object a line, {"step", "result", "seconds"}; for a failed step also
# its exit status, the command that failed (as written, not expanded) and the last error message.
# The last line is the whole boot's.

boot_settings() {
  : "${BOOT_REPORT:=/var/lib/microblog-boot/report.jsonl}"
}

# boot_begin ROLE
boot_begin() {
  boot_settings
  BOOT_STEP="boot" BOOT_STEP_START=$SECONDS BOOT_FAILED_COMMAND="" LOG_ERROR=""
  umask 022
  mkdir -p "$(dirname "$BOOT_REPORT")"
  : >"$BOOT_REPORT"
  trap 'BOOT_FAILED_COMMAND=$BASH_COMMAND' ERR
  trap boot_exit EXIT
  log_info "role $1 configures itself"
}

# boot_step MODULE: runs MODULE_main. Not in a condition: there errexit would be off inside it.
boot_step() {
  BOOT_STEP=$1 BOOT_STEP_START=$SECONDS
  log_info "step $1"
  "$1_main"
  boot_record ok
}

boot_end() {
  BOOT_STEP="boot" BOOT_STEP_START=0
  boot_record ok
  trap - ERR EXIT
}

boot_exit() {
  local status=$?
  trap - ERR EXIT
  boot_record failed "$(printf ',"status":%d,"command":"%s","message":"%s"' "$status" \
    "$(boot_json "$BOOT_FAILED_COMMAND")" "$(boot_json "$LOG_ERROR")")"
  log_error "step $BOOT_STEP failed with status $status: $BOOT_FAILED_COMMAND"
  BOOT_STEP="boot" BOOT_STEP_START=0
  boot_record failed
  # A boot that stopped early must not look like one that went well.
  exit $((status == 0 ? 1 : status))
}

# boot_record RESULT [MORE]
boot_record() {
  printf '{"step":"%s","result":"%s","seconds":%d%s}\n' \
    "$BOOT_STEP" "$1" $((SECONDS - BOOT_STEP_START)) "${2-}" >>"$BOOT_REPORT"
}

boot_json() {
  local text=${1//[[:cntrl:]]/ }
  text=${text//\\/\\\\}
  printf '%s' "${text//\"/\\\"}"
}
