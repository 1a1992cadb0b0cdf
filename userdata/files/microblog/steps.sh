# shellcheck shell=bash
# The steps of microblog-deploy that prepare: a release on disk, and the database for it.
# shellcheck disable=SC2034

deploy_fetch() {
  local mirror=$ROOT/repository.git
  if [[ ! -e $mirror/HEAD ]]; then
    as_user git init --quiet --bare "$mirror"
  fi
  retry as_user git -C "$mirror" fetch --quiet --prune --no-write-fetch-head -- \
    "$REPOSITORY" '+refs/heads/*:refs/heads/*' '+refs/tags/*:refs/tags/*'
  if ! COMMIT=$(as_user git -C "$mirror" rev-parse --verify --quiet --end-of-options "$REVISION^{commit}"); then
    log_error "$REPOSITORY has no revision $REVISION"
    FAILURE=2
    return 1
  fi
  RELEASE=$ROOT/releases/$COMMIT
}

# In its final place, because a virtual environment cannot move. A half-built one has no .complete
# and is built anew.
deploy_build() {
  if [[ -e $RELEASE/.complete ]]; then
    return 0
  fi
  rm -rf "$RELEASE"
  as_user mkdir "$RELEASE"
  as_user git -C "$ROOT/repository.git" archive "$COMMIT" |
    as_user tar --extract --directory="$RELEASE"
  # Older revisions of the application log to ./logs, which the service could not write.
  if [[ ! -e $RELEASE/logs ]]; then
    as_user ln -s "$ROOT/data/logs" "$RELEASE/logs"
  fi
  as_user python3 -m venv "$RELEASE/.venv"
  # pip tries again by itself where the network fails; a requirement that is none stays none.
  as_user "$RELEASE/.venv/bin/pip" --disable-pip-version-check --retries 10 install --quiet \
    --no-cache-dir --requirement "$RELEASE/requirements.txt" gunicorn pymysql cryptography
  if flask "$RELEASE" "$DATABASE" translate compile --help >/dev/null 2>&1; then
    flask "$RELEASE" "$DATABASE" translate compile
  fi
  as_user tee "$RELEASE/.complete" <<<"$COMMIT" >/dev/null
}

# Keeps the five releases that served last.
deploy_prune() {
  local release
  rm -f "$CANDIDATE"
  if [[ $COMMIT == "$OLD" ]]; then
    return 0
  fi
  touch "$RELEASE/.complete"
  # shellcheck disable=SC2012  # names are commits
  ls -1t "$ROOT/releases/"*/.complete | head -n 5 >"$ROOT/.kept"
  for release in "$ROOT/releases/"*; do
    if ! grep -qx "$release/.complete" "$ROOT/.kept"; then
      rm -rf "$release"
    fi
  done
  rm "$ROOT/.kept"
}

deploy_migrate() {
  local after
  if [[ $COMMIT == "$OLD" ]]; then
    return 0
  fi
  after=$(database schema "$CANDIDATE")
  if [[ -e $DATABASE ]]; then
    if [[ $(database schema "$DATABASE") == "$after" ]]; then
      return 0
    fi
    database copy "$DATABASE" "$BACKUPS/before-$COMMIT.db"
    as_user tee "$MIGRATING" <<<"$COMMIT $after" >/dev/null
    MIGRATED=yes
  fi
  flask "$RELEASE" "$DATABASE" db upgrade
  rm -f "$MIGRATING"
}

# A database that a killed migration has left neither as before nor as after it.
mend_migration() {
  local commit before after is
  if [[ ! -e $MIGRATING ]]; then
    return 0
  fi
  read -r commit after <"$MIGRATING"
  is=$(database schema "$DATABASE")
  before=$(database schema "$BACKUPS/before-$commit.db")
  if [[ $is != "$before" && $is != "$after" ]]; then
    undo_migration "$commit"
  fi
  rm "$MIGRATING"
}

# undo_migration COMMIT. What was written since its start is not lost, but set aside.
undo_migration() {
  database copy "$DATABASE" "$BACKUPS/undone-$1.db"
  database restore "$BACKUPS/before-$1.db" "$DATABASE"
  log_warning "the database is as before the migration to $1; as it was after: $BACKUPS/undone-$1.db"
}
