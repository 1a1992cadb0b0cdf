#!/bin/bash
# microblog: the application's home: its user, its units, its secret, and microblog-deploy, which
# brings a release into it (files/microblog/release.sh says what lies where).

microblog_settings() {
  : "${MICROBLOG_REPOSITORY:?URL of the git repository}"
  : "${MICROBLOG_REVISION:?branch, tag or commit}"
  : "${MICROBLOG_PORT:=5000}"
  : "${MICROBLOG_WORKERS:=4}"
  : "${MICROBLOG_THREADS:=2}"
  : "${MICROBLOG_PROXY_ADDRESS:=127.0.0.1}"
  : "${MICROBLOG_FLASK_APP:=microblog.py}"
  : "${MICROBLOG_WSGI_APP:=microblog:app}"
  : "${MICROBLOG_HEALTH_PATH:=/}"
  : "${MICROBLOG_HEALTH_SECONDS:=60}"
  : "${MICROBLOG_LOCK_SECONDS:=900}"
  : "${MICROBLOG_USER:=microblog}"
  : "${MICROBLOG_ROOT:=/srv/microblog}"
  : "${MICROBLOG_CONF_DIR:=/etc/microblog}"
  : "${MICROBLOG_UNIT_DIR:=/etc/systemd/system}"
  : "${MICROBLOG_RUN_DIR:=/run/microblog-releases}"
  : "${MICROBLOG_LIB_DIR:=/usr/local/lib/microblog}"
  : "${MICROBLOG_BIN_DIR:=/usr/local/sbin}"
  : "${MICROBLOG_REPORT:=/var/lib/microblog-deploy/report.json}"
  : "${MICROBLOG_METRICS:=/var/lib/prometheus/node-exporter/microblog-deploy.prom}"
  : "${MICROBLOG_BACKUP_DAYS:=14}"
  : "${MICROBLOG_BACKUP_METRICS:=/var/lib/prometheus/node-exporter/microblog-backup.prom}"
}

microblog_main() {
  microblog_settings
  packages_install git python3-venv
  microblog_user
  microblog_environment
  microblog_secret "$MICROBLOG_CONF_DIR/secret"
  microblog_commands
  microblog_units
  "$MICROBLOG_BIN_DIR/microblog-deploy" "$MICROBLOG_REVISION"
  service_enable microblog.service
  service_enable microblog-backup.timer
  http_wait "http://127.0.0.1:$MICROBLOG_PORT$MICROBLOG_HEALTH_PATH"
}

microblog_user() {
  local owner=$MICROBLOG_USER:$MICROBLOG_USER
  if ! getent passwd "$MICROBLOG_USER" >/dev/null; then
    useradd --system --user-group --no-create-home --home-dir "$MICROBLOG_ROOT" \
      --shell /usr/sbin/nologin "$MICROBLOG_USER"
  fi
  make_dir "$MICROBLOG_ROOT" 0755 "$owner"
  make_dir "$MICROBLOG_ROOT/releases" 0755 "$owner"
  make_dir "$MICROBLOG_ROOT/data" 0750 "$owner"
  make_dir "$MICROBLOG_ROOT/data/logs" 0750 "$owner"
  make_dir "$MICROBLOG_ROOT/data/backups" 0750 "$owner"
}

microblog_environment() {
  install_file microblog/environment "$MICROBLOG_CONF_DIR/environment" \
    MICROBLOG_FLASK_APP MICROBLOG_ROOT MICROBLOG_WORKERS
  install_file microblog/serving.environment "$MICROBLOG_CONF_DIR/microblog.environment"
  install_file microblog/candidate.environment "$MICROBLOG_CONF_DIR/microblog-candidate.environment" \
    MICROBLOG_ROOT
}

# An operator's, from the parameter `secret_key`, or one that this host makes once.
microblog_secret() {
  local path=$1 key
  # shellcheck disable=SC2034  # read by retry
  local RETRY_LIMIT=3
  if ! key=$(aws_parameter_get "$(host_parameter secret_key)"); then
    log_warning "whether there is a parameter $(host_parameter secret_key) is not known"
  elif [[ $key =~ ^[A-Za-z0-9._~+/=-]{32,256}$ ]]; then
    printf 'SECRET_KEY=%s' "$key" | write_file "$path" 0600
  elif [[ -n $key ]]; then
    log_error "the parameter $(host_parameter secret_key) is not 32 to 256 of A-Z a-z 0-9 . _ ~ + / = -"
    return 1
  fi
  create_secret "$path" "" "SECRET_KEY="
}

microblog_commands() {
  aws_settings
  # What programs of the host share with user data: functions and settings, as they are here.
  {
    command_settings microblog
    command_functions
  } | write_file "$MICROBLOG_LIB_DIR/lib.sh" 0644
  install_file microblog/release.sh "$MICROBLOG_LIB_DIR/release.sh" MICROBLOG_LIB_DIR
  install_file microblog/steps.sh "$MICROBLOG_LIB_DIR/steps.sh"
  install_file -m 0755 microblog/database "$MICROBLOG_LIB_DIR/database"
  install_file -m 0755 microblog/start "$MICROBLOG_LIB_DIR/start" MICROBLOG_ROOT
  install_file -m 0755 microblog/microblog-deploy "$MICROBLOG_BIN_DIR/microblog-deploy" \
    MICROBLOG_LIB_DIR
  install_file -m 0755 microblog/microblog-backup "$MICROBLOG_BIN_DIR/microblog-backup" \
    MICROBLOG_LIB_DIR
  install_file -m 0755 microblog/microblog-restore "$MICROBLOG_BIN_DIR/microblog-restore" \
    MICROBLOG_LIB_DIR
}

microblog_units() {
  local units=$MICROBLOG_UNIT_DIR program
  install_file microblog/microblog.service "$units/microblog.service" MICROBLOG_LIB_DIR
  install_file microblog/microblog.socket "$units/microblog.socket" MICROBLOG_PORT
  for program in microblog microblog-candidate; do
    install_file microblog/microblog@.socket "$units/$program@.socket" MICROBLOG_RUN_DIR
    install_file microblog/microblog@.service "$units/$program@.service" MICROBLOG_USER \
      MICROBLOG_ROOT MICROBLOG_CONF_DIR MICROBLOG_THREADS MICROBLOG_PROXY_ADDRESS MICROBLOG_WSGI_APP
  done
  install_file microblog/microblog-backup.service "$units/microblog-backup.service" \
    MICROBLOG_BIN_DIR MICROBLOG_ROOT
  install_file microblog/microblog-backup.timer "$units/microblog-backup.timer"
  # A release that runs already gets what is new in these; the first one starts with it.
  service_apply try-restart 'microblog@*.service' "$units/microblog.service" \
    "$units/microblog@.service" "$units/microblog@.socket" \
    "$MICROBLOG_CONF_DIR/environment" "$MICROBLOG_CONF_DIR/microblog.environment" \
    "$MICROBLOG_CONF_DIR/secret"
}
