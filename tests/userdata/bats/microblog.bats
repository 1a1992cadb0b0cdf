# git and SQLite are the real ones; the virtual environment and what is in it are not. What only real
# processes can show is in test_microblog_deploy.py.

setup() {
  load helper
  scratch microblog
  export ORIGIN=$BATS_TEST_TMPDIR/origin MICROBLOG_REVISION=main HOST_ROLE=app
  export MICROBLOG_REPOSITORY=$ORIGIN GIT_CONFIG_GLOBAL=/dev/null
  HOME_DIR=$ROOT/srv/microblog
  git init --quiet --initial-branch main "$ORIGIN"
  release one
}

# release TEXT: a new commit on the repository's main branch.
release() {
  printf '%s\n' "$1" >"$ORIGIN/microblog.py"
  printf 'flask\n' >"$ORIGIN/requirements.txt"
  git -C "$ORIGIN" add .
  git -C "$ORIGIN" -c user.name=t -c user.email=t@example.invalid commit --quiet --allow-empty -m "$1"
  COMMIT=$(git -C "$ORIGIN" rev-parse HEAD)
}

# deploy REVISION
deploy() { "$ROOT/usr/local/sbin/microblog-deploy" "$@"; }

serving() { basename "$(readlink "$HOME_DIR/current")"; }

reported() {
  grep -q "\"result\":\"$1\".*\"step\":\"$2\"" "$ROOT/var/lib/microblog-deploy/report.json"
}

@test "the revision is built in its own folder, tried, migrated, and served" {
  main microblog
  release=$HOME_DIR/releases/$COMMIT
  [[ $(readlink "$HOME_DIR/current") == "$release" ]]
  [[ $(<"$release/microblog.py") == one ]]
  [[ $(readlink "$release/logs") == "$HOME_DIR/data/logs" ]]
  run -0 grep -E "^(pip|flask|systemctl)" "$STATE/calls"
  # A lone --help asks whether the application has translations.
  diff - <(printf '%s\n' "${lines[@]}" | sed "s|$COMMIT|COMMIT|g; s|$HOME_DIR|HOME|g; /^pip/s|.*|pip|") <<'CALLS'
systemctl daemon-reload
systemctl try-restart microblog@*.service
pip
flask translate compile --help
flask translate compile
flask db upgrade
systemctl start microblog-candidate@COMMIT.service
systemctl stop --quiet microblog-candidate@COMMIT.service
flask db upgrade
systemctl start microblog@COMMIT.service
systemctl enable --now microblog.service
systemctl enable --now microblog-backup.timer
CALLS
  called "^pip .* --requirement $release/requirements.txt gunicorn pymysql cryptography$"
  reported ok prune
}

@test "it has a user without a shell, who owns the releases and the data" {
  export FAIL="chown microblog:microblog $HOME_DIR/data/logs"
  run ! main microblog
  unset FAIL
  main microblog
  called " install .*git python3-venv$"
  called "^useradd --system .*--shell /usr/sbin/nologin microblog$"
  [[ $(stat -c %a "$HOME_DIR" "$HOME_DIR/releases" "$HOME_DIR/data" "$HOME_DIR/data/backups") == $'755\n755\n750\n750' ]]
}

@test "the application gets its database outside the releases, and a key made here" {
  main microblog
  release=$HOME_DIR/releases/$COMMIT
  [[ $(tail -n 5 "$STATE/flask") == "microblog.py
sqlite:///$HOME_DIR/data/app.db
64
$release/.venv/bin
$release" ]]
  [[ $(<"$ROOT/etc/microblog/secret") =~ ^SECRET_KEY=[0-9a-f]{64}$ ]]
  [[ $(stat -c %a "$ROOT/etc/microblog/secret") == 600 ]]
  key=$(<"$ROOT/etc/microblog/secret")
  [[ $(grep -rl "${key#*=}" "$ROOT" | wc -l) -eq 1 ]]
}

@test "a release is tried on a copy of the database" {
  main microblog
  grep -qx "sqlite:///$HOME_DIR/data/candidate.db" "$STATE/flask"
  grep -qx "DATABASE_URL=sqlite:///$HOME_DIR/data/candidate.db" "$ROOT/etc/microblog/microblog-candidate.environment"
  [[ ! -e $HOME_DIR/data/candidate.db ]]
}

@test "an operator's key is taken, also in the place of one that was made here" {
  main microblog
  publish /microblog/test/app/secret_key "an-operators-key-0123456789abcdef"
  main microblog
  [[ $(<"$ROOT/etc/microblog/secret") == SECRET_KEY=an-operators-key-0123456789abcdef ]]
  [[ $(stat -c %a "$ROOT/etc/microblog/secret") == 600 ]]
}

@test "an operator's key that is short or would not survive a file is refused, unprinted" {
  for key in short 'has a space and is long enough to count' '$(reboot)-and-long-enough-to-be-a-key'; do
    publish /microblog/test/app/secret_key "$key"
    run ! main microblog
    [[ $output == *"secret_key is not 32 to 256"* && $output != *"$key"* ]]
  done
  [[ ! -e $ROOT/etc/microblog/secret ]]
}

@test "where AWS cannot be asked, the host makes its own key" {
  export FAIL=aws
  run -0 main microblog
  [[ $output == *"secret_key is not known"* ]]
  [[ $(<"$ROOT/etc/microblog/secret") =~ ^SECRET_KEY=[0-9a-f]{64}$ ]]
}

@test "gunicorn is a service with four workers on port 5000, and no daemon" {
  main microblog
  units=$ROOT/etc/systemd/system
  grep -qx "ListenStream=0.0.0.0:5000" "$units/microblog.socket"
  grep -qx "WEB_CONCURRENCY=4" "$ROOT/etc/microblog/environment"
  grep -qx "Restart=on-failure" "$units/microblog@.service"
  grep -qx "User=microblog" "$units/microblog@.service"
  run ! grep -rq -- "--daemon" "$units"
  cmp "$units/microblog@.service" "$units/microblog-candidate@.service"
}

@test "what the host runs is all there, and starts the release that serves" {
  main microblog
  start=$ROOT/usr/local/lib/microblog/start
  : >"$STATE/calls"
  rm "$STATE/active/microblog@$COMMIT"
  "$start"
  [[ $(calls) == "systemctl start microblog@$COMMIT.service" ]]
  rm "$HOME_DIR/current"
  "$start"
}

@test "a second run changes nothing but the report of its deploy" {
  main microblog
  rm -r "$ROOT/var/lib/microblog-deploy" "$ROOT/var/lib/prometheus" "$ROOT/run"
  before=$(tree)
  : >"$STATE/calls"
  main microblog
  rm -r "$ROOT/var/lib/microblog-deploy" "$ROOT/var/lib/prometheus" "$ROOT/run"
  # Where the folders just removed have been.
  diff <(printf '%s\n' "$before" | grep -v "^\./var/lib \|^\. ") <(tree | grep -v "^\./var/lib \|^\. ")
  diff /dev/null "$STATE/calls"
}

@test "a new commit is built beside the old one and takes over" {
  main microblog
  old=$COMMIT
  release two
  : >"$STATE/calls"
  deploy main
  [[ $(serving) == "$COMMIT" ]]
  [[ -e $HOME_DIR/releases/$old/.complete ]]
  [[ $(grep -E " microblog@" "$STATE/calls") == "systemctl start microblog@$COMMIT.service
systemctl stop --quiet microblog@$old.service" ]]
}

@test "a release holds its own commit's files and no others" {
  printf old >"$ORIGIN/gone"
  release two
  main microblog
  [[ -e $HOME_DIR/current/gone ]]
  rm "$ORIGIN/gone"
  release three
  deploy main
  [[ ! -e $HOME_DIR/current/gone && $(<"$HOME_DIR/current/microblog.py") == three ]]
}

@test "a commit or a tag is a revision too" {
  first=$COMMIT
  git -C "$ORIGIN" tag v1
  release two
  MICROBLOG_REVISION=$first main microblog
  [[ $(serving) == "$first" ]]
  deploy main
  deploy v1
  [[ $(serving) == "$first" ]]
}

@test "a release that fails to build leaves the running one alone, and is built anew next time" {
  main microblog
  running=$(serving)
  release two
  for FAIL in "python3 -m" pip "flask db"; do
    : >"$STATE/calls"
    export FAIL
    run -1 deploy main
    [[ $(serving) == "$running" ]]
    run ! called "(start|stop --quiet|restart) microblog@$running"
    touch "$HOME_DIR/releases/$COMMIT/left-over"
    rm -f "$HOME_DIR/releases/$COMMIT/.complete"
  done
  reported failed try
  unset FAIL
  deploy main
  [[ $(serving) == "$COMMIT" && ! -e $HOME_DIR/current/left-over ]]
}

@test "a release that does not start is not switched to" {
  main microblog
  running=$(serving)
  release two
  for FAIL in "systemctl start microblog-candidate@$COMMIT.service" "systemctl start microblog@$COMMIT.service"; do
    export FAIL
    run -1 deploy main
    [[ $(serving) == "$running" ]]
    called "systemctl stop --quiet microblog-candidate@$COMMIT.service microblog@$COMMIT.service"
    # Its migration is taken back.
    [[ $("$ROOT/usr/local/lib/microblog/database" schema "$HOME_DIR/data/app.db") == "one "* ]]
  done
  reported failed start
  [[ -e $HOME_DIR/data/backups/undone-$COMMIT.db ]]
}

@test "an application without translations is served all the same" {
  export FAIL="flask translate"
  main microblog
  called "^flask db upgrade$"
}

@test "a revision that is none is refused, also one that looks like an option" {
  main microblog
  : >"$STATE/calls"
  for revision in nowhere --help "main --force" '$(reboot)' "" $'main\nmain' "main;true" "main^{tree}" "$(printf '%0201d' 0)"; do
    run -2 deploy "$revision"
  done
  run -2 deploy
  run -2 deploy main main
  [[ -z $(calls) && $(serving) == "$COMMIT" ]]
}

@test "a repository that cannot be fetched fails it after trying again" {
  export MICROBLOG_REPOSITORY=$BATS_TEST_TMPDIR/nowhere
  run ! main microblog
  [[ $output == *"attempt 1 of 2 failed"* ]]
  reported failed fetch
}

@test "an application that does not answer fails it" {
  export FAIL="curl --fail --silent --output"
  run ! main microblog
}

@test "the five releases that served last are kept" {
  main microblog
  first=$COMMIT
  for text in 2 3 4 5 6; do
    release "$text"
    deploy main
    touch -d "2020-01-0$text" "$HOME_DIR/releases/$COMMIT/.complete"
    if [[ $text == 4 ]]; then
      deploy "$first"
    fi
  done
  [[ $(ls "$HOME_DIR/releases" | wc -l) -eq 5 ]]
  [[ -e $HOME_DIR/releases/$first && -e $HOME_DIR/releases/$COMMIT ]]
}

@test "the second of two deploys waits for the first and says for which" {
  main microblog
  lock=$ROOT/run/microblog-releases/deploy.lock
  exec 8>>"$lock"
  flock 8
  printf 'the deploy of other (process 1)\n' >"$lock"
  sed -i 's/^LOCK_SECONDS=.*/LOCK_SECONDS=0/' "$ROOT/usr/local/lib/microblog/release.sh"
  run -1 deploy main
  [[ $output == *"waits for the deploy of other (process 1)"*"gave up"* ]]
  exec 8>&-
  deploy main
}

@test "a database that a killed migration left half-way is set back, and kept" {
  main microblog
  old=$COMMIT
  release two
  database() { "$ROOT/usr/local/lib/microblog/database" "$@"; }
  db=$HOME_DIR/data/app.db
  database copy "$db" "$HOME_DIR/data/backups/before-$COMMIT.db"
  printf '%s two something\n' "$COMMIT" >"$HOME_DIR/data/migrating"
  PATH=${PATH#"$FAKES":} python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("CREATE TABLE half (x)")' "$db"
  half=$(database schema "$db")
  deploy main
  [[ $(database schema "$db") == "two "* && ! -e $HOME_DIR/data/migrating ]]
  [[ $(database schema "$HOME_DIR/data/backups/undone-$COMMIT.db") == "$half" ]]
  PATH=${PATH#"$FAKES":} python3 -c 'import sqlite3, sys; assert not sqlite3.connect(sys.argv[1]).execute("SELECT * FROM sqlite_master WHERE name = ?", ["half"]).fetchall()' "$db"
}

@test "sourcing is inert" {
  inert "$USERDATA/modules/microblog.sh"
}
