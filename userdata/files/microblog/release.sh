# shellcheck shell=bash
# What microblog-deploy, microblog-backup and microblog-restore share: releases and the database.
#
# ROOT/repository.git    mirror of REPOSITORY
# ROOT/releases/COMMIT   a checkout with its own virtual environment in .venv, and .complete once
#                        everything in it has been built; it served last when this was written
# ROOT/current           symbolic link to the release that serves
# ROOT/data              the database: survives releases, and is all the service may write
# shellcheck disable=SC2034

# shellcheck source=/dev/null
source @MICROBLOG_LIB_DIR@/lib.sh

# Each is in the journal by its own name.
LOG_TAG=$(basename "$0")
ROOT=$MICROBLOG_ROOT
USER_NAME=$MICROBLOG_USER
CONF_DIR=$MICROBLOG_CONF_DIR
REPOSITORY=$MICROBLOG_REPOSITORY
DATABASE=$ROOT/data/app.db
CANDIDATE=$ROOT/data/candidate.db
# While a database is being migrated: for which commit, and the schema it will have.
MIGRATING=$ROOT/data/migrating
BACKUPS=$ROOT/data/backups
HEALTH_PATH=$MICROBLOG_HEALTH_PATH
HEALTH_SECONDS=$MICROBLOG_HEALTH_SECONDS
RUN_DIR=$MICROBLOG_RUN_DIR
LOCK_SECONDS=$MICROBLOG_LOCK_SECONDS

# As the service's user, not as root: installing a package runs whatever its author wrote.
as_user() {
  runuser -u "$USER_NAME" -- env HOME="$ROOT" "$@"
}

# database ARGUMENT...: see microblog-database.
database() {
  as_user "$MICROBLOG_LIB_DIR/database" "$@"
}

# flask RELEASE DATABASE ARGUMENT...: with the environment that the service gets, and its PATH,
# because the application's own commands start pybabel by name.
flask() (
  release=$1 file=$2
  shift 2
  cd "$release" || return 1
  set -o allexport
  # shellcheck source=/dev/null
  source "$CONF_DIR/environment"
  # shellcheck source=/dev/null
  source "$CONF_DIR/secret"
  as_user env DATABASE_URL="sqlite:///$file" PATH="$release/.venv/bin:$PATH" flask "$@"
)

# current: the commit that serves; nothing where none does.
current() {
  local release
  release=$(readlink "$ROOT/current") || return 0
  basename "$release"
}

# healthy UNIT: whether this release, and no other, answers well three times in a row in time. Three
# bad answers settle it too: what is only late does not answer at all.
healthy() {
  local code good=0 bad=0 deadline=$((SECONDS + HEALTH_SECONDS))
  while ((good < 3)); do
    code=$(curl --silent --output /dev/null --max-time 10 --write-out '%{http_code}' \
      --unix-socket "$RUN_DIR/${1/@/-}.sock" "http://localhost$HEALTH_PATH") || code=000
    case $code in
      [23]??) good=$((good + 1)) bad=0 ;;
      000) good=0 bad=0 ;;
      *) good=0 bad=$((bad + 1)) ;;
    esac
    if ((bad == 3 || SECONDS >= deadline)); then
      log_error "$1 is not healthy: asked for $HEALTH_PATH, it last answered $code"
      return 1
    fi
    if [[ $code == 000 ]]; then
      sleep 0.5
    fi
  done
}

# exclusively WHAT: one deploy or restore at a time; the next one waits and says for whom.
exclusively() {
  local lock=$RUN_DIR/deploy.lock
  mkdir -p "$RUN_DIR"
  exec 9>>"$lock"
  if ! flock --nonblock 9; then
    log_info "waits for $(<"$lock")"
    if ! flock --timeout "$LOCK_SECONDS" 9; then
      log_error "gave up after ${LOCK_SECONDS}s of waiting for $(<"$lock")"
      return 1
    fi
  fi
  printf '%s (process %d)\n' "$1" $$ >"$lock"
}
