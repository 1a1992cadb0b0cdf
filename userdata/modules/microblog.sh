#!/bin/bash
# microblog: the application, one folder per release, served by gunicorn as a systemd service.
#
# MICROBLOG_ROOT/repository.git   mirror of MICROBLOG_REPOSITORY
# MICROBLOG_ROOT/releases/COMMIT  a checkout with its own virtual environment in .venv, and
#                                 .complete once everything in it has been built
# MICROBLOG_ROOT/current          symbolic link to the release that serves
# MICROBLOG_ROOT/data             the database: survives releases, and is all the service may write

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
  : "${MICROBLOG_USER:=microblog}"
  : "${MICROBLOG_ROOT:=/srv/microblog}"
  : "${MICROBLOG_CONF_DIR:=/etc/microblog}"
  : "${MICROBLOG_UNIT_DIR:=/etc/systemd/system}"
}

microblog_main() {
  microblog_settings
  local unit=$MICROBLOG_UNIT_DIR/microblog.service
  local environment=$MICROBLOG_CONF_DIR/environment secret=$MICROBLOG_CONF_DIR/secret
  local commit release
  packages_install git python3-venv
  microblog_user
  install_file microblog/environment "$environment" MICROBLOG_FLASK_APP MICROBLOG_ROOT
  create_secret "$secret" "" "SECRET_KEY="

  microblog_fetch
  commit=$(microblog_as git -C "$MICROBLOG_ROOT/repository.git" \
    rev-parse --verify --end-of-options "$MICROBLOG_REVISION^{commit}")
  release=$MICROBLOG_ROOT/releases/$commit
  if [[ ! -e $release/.complete ]]; then
    microblog_build "$commit" "$release"
  fi

  install_file microblog/microblog.service "$unit" MICROBLOG_USER MICROBLOG_ROOT \
    MICROBLOG_CONF_DIR MICROBLOG_PORT MICROBLOG_WORKERS MICROBLOG_THREADS \
    MICROBLOG_PROXY_ADDRESS MICROBLOG_WSGI_APP
  microblog_switch "$release"
  service_apply restart microblog.service "$unit" "$environment" "$secret" "$release/.complete"
  service_enable microblog.service
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
}

# As the service's user, not as root: installing a package runs whatever its author wrote.
microblog_as() {
  runuser -u "$MICROBLOG_USER" -- env HOME="$MICROBLOG_ROOT" "$@"
}

microblog_fetch() {
  local mirror=$MICROBLOG_ROOT/repository.git
  if [[ ! -e $mirror/HEAD ]]; then
    microblog_as git init --quiet --bare "$mirror"
  fi
  retry runuser -u "$MICROBLOG_USER" -- env HOME="$MICROBLOG_ROOT" \
    git -C "$mirror" fetch --quiet --prune --no-write-fetch-head -- \
    "$MICROBLOG_REPOSITORY" '+refs/heads/*:refs/heads/*' '+refs/tags/*:refs/tags/*'
}

# microblog_build COMMIT FOLDER: in its final place, because a virtual environment cannot move. The
# release that serves is not touched; a half-built one has no .complete and is built anew.
microblog_build() {
  local commit=$1 release=$2
  rm -rf "$release"
  make_dir "$release" 0755 "$MICROBLOG_USER:$MICROBLOG_USER"
  microblog_as git -C "$MICROBLOG_ROOT/repository.git" archive "$commit" |
    microblog_as tar --extract --directory="$release"
  # Older revisions of the application log to ./logs, which the service could not write.
  if [[ ! -e $release/logs ]]; then
    ln -s "$MICROBLOG_ROOT/data/logs" "$release/logs"
  fi
  microblog_as python3 -m venv "$release/.venv"
  retry runuser -u "$MICROBLOG_USER" -- env HOME="$MICROBLOG_ROOT" \
    "$release/.venv/bin/pip" --disable-pip-version-check install --quiet --no-cache-dir \
    --requirement "$release/requirements.txt" gunicorn pymysql cryptography
  if microblog_flask "$release" translate compile --help >/dev/null 2>&1; then
    microblog_flask "$release" translate compile
  fi
  microblog_flask "$release" db upgrade
  printf '%s\n' "$commit" | write_file "$release/.complete" 0644
}

# microblog_flask RELEASE ARGUMENT...: with the environment that the service gets, and its PATH,
# because the application's own commands start pybabel by name.
microblog_flask() (
  local release=$1
  shift
  cd "$release" || return
  set -o allexport
  # shellcheck source=/dev/null
  source "$MICROBLOG_CONF_DIR/environment"
  # shellcheck source=/dev/null
  source "$MICROBLOG_CONF_DIR/secret"
  microblog_as env PATH="$release/.venv/bin:$PATH" flask "$@"
)

microblog_switch() {
  if [[ $(readlink "$MICROBLOG_ROOT/current") != "$1" ]]; then
    ln -sfn "$1" "$MICROBLOG_ROOT/.current"
    mv -T "$MICROBLOG_ROOT/.current" "$MICROBLOG_ROOT/current"
  fi
}
