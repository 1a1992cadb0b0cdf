#!/bin/bash
# The boot report, three times: a file with one JSON object a step, {"step", "result", "seconds"},
# for a failed step also its exit status, the command that failed (as written, not expanded) and
# the last error message, whose last line is the whole boot's; metrics for the node exporter's
# textfile collector; and in Parameter Store, as `boot` of this host, what a deploy waits for:
# {"result", "seconds", "instance", "step", "log"}.

boot_settings() {
  : "${BOOT_REPORT:=/var/lib/microblog-boot/report.jsonl}"
  : "${BOOT_METRICS:=/var/lib/prometheus/node-exporter/microblog-boot.prom}"
  # cloud-init's: everything that user data prints.
  : "${BOOT_LOG:=/var/log/cloud-init-output.log}"
}

boot_begin() {
  boot_settings
  host_settings
  BOOT_RESULT=failed BOOT_STEP="boot" BOOT_STEP_START=$SECONDS BOOT_FAILED_COMMAND="" LOG_ERROR=""
  umask 022
  mkdir -p "$(dirname "$BOOT_REPORT")"
  : >"$BOOT_REPORT"
  trap 'BOOT_FAILED_COMMAND=$BASH_COMMAND' ERR
  trap boot_exit EXIT
  log_info "role $HOST_ROLE configures itself"
}

# boot_step MODULE: runs MODULE_main. Not in a condition: there errexit would be off inside it.
boot_step() {
  BOOT_STEP=$1 BOOT_STEP_START=$SECONDS
  log_info "step $1"
  "$1_main"
  boot_record ok
}

boot_end() {
  BOOT_RESULT=ok BOOT_STEP="boot"
}

boot_exit() {
  local status=$? step=$BOOT_STEP
  trap - ERR EXIT
  # Each of what is left to do is done, whether or not the others succeed.
  set +o errexit
  if [[ $BOOT_RESULT == failed ]]; then
    boot_record failed "$(printf ',"status":%d,"command":%s,"message":%s' "$status" \
      "$(json_string "$BOOT_FAILED_COMMAND")" "$(json_string "$LOG_ERROR")")"
    log_error "step $step failed with status $status: $BOOT_FAILED_COMMAND"
    # A boot that stopped early must not look like one that went well.
    status=$((status == 0 ? 1 : status))
  fi
  BOOT_STEP="boot" BOOT_STEP_START=0
  boot_record "$BOOT_RESULT"
  printf 'microblog_boot_result %d\nmicroblog_boot_seconds %d\nmicroblog_boot_timestamp_seconds %(%s)T\n' \
    "$([[ $BOOT_RESULT == ok ]] && echo 1)" "$SECONDS" -1 | write_file "$BOOT_METRICS" 0644
  boot_publish "$step" || log_warning "the boot report was not published"
  exit "$status"
}

# boot_record RESULT [MORE]
boot_record() {
  printf '{"step":"%s","result":"%s","seconds":%d%s}\n' \
    "$BOOT_STEP" "$1" $((SECONDS - BOOT_STEP_START)) "${2-}" >>"$BOOT_REPORT"
}

# boot_publish STEP. A host that reaches no AWS is told so after half a minute, not after four.
boot_publish() {
  local instance log="" report
  # shellcheck disable=SC2034  # read by retry
  local RETRY_LIMIT=4
  instance=$(aws_metadata instance-id)
  if [[ $BOOT_RESULT == failed ]]; then
    # Parameter Store takes 4,096 characters, of which JSON may need two for one here, and no "{{".
    log=$(tail -c 1900 "$BOOT_LOG" | LC_ALL=C tr -cd '\11\12\40-\176')
    log=${log//\{/\{ }
  fi
  report=$(printf '{"result":"%s","seconds":%d,"instance":%s,"step":%s,"log":%s}' "$BOOT_RESULT" \
    "$SECONDS" "$(json_string "$instance")" "$(json_string "$1")" "$(json_string "$log")")
  log_info "boot report: $report"
  aws_parameter_put "$(host_parameter boot)" "$report"
}
