# git is the real one; the virtual environment and what is in it are not.

setup() {
  load helper
  scratch microblog
  export ORIGIN=$BATS_TEST_TMPDIR/origin MICROBLOG_REVISION=main
  export MICROBLOG_REPOSITORY=$ORIGIN GIT_CONFIG_GLOBAL=/dev/null
  git init --quiet --initial-branch main "$ORIGIN"
  release one
}

# release TEXT: a new commit on the repository's main branch.
release() {
  printf '%s\n' "$1" >"$ORIGIN/microblog.py"
  printf 'flask\n' >"$ORIGIN/requirements.txt"
  git -C "$ORIGIN" add .
  git -C "$ORIGIN" -c user.name=t -c user.email=t@example.invalid commit --quiet -m "$1"
  COMMIT=$(git -C "$ORIGIN" rev-parse HEAD)
}

@test "the revision is built in its own folder, migrated, and served" {
  main microblog
  release=$ROOT/srv/microblog/releases/$COMMIT
  [[ $(readlink "$ROOT/srv/microblog/current") == "$release" ]]
  [[ $(<"$release/microblog.py") == one ]]
  [[ $(readlink "$release/logs") == "$ROOT/srv/microblog/data/logs" ]]
  called "^pip .* --requirement $release/requirements.txt gunicorn pymysql cryptography$"
  called "^flask translate compile$"
  called "^flask db upgrade$"
  called "^systemctl restart microblog.service$"
  called "^systemctl enable --now microblog.service$"
  grep -qx "http://127.0.0.1:5000/" "$STATE/asked"
}

@test "it has a user without a shell, who owns the releases and the data" {
  export FAIL="chown microblog:microblog $ROOT/srv/microblog/data/logs"
  run ! main microblog
  unset FAIL
  main microblog
  called " install .*git python3-venv$"
  called "^useradd --system .*--shell /usr/sbin/nologin microblog$"
  [[ $(stat -c %a "$ROOT/srv/microblog" "$ROOT/srv/microblog/releases" "$ROOT/srv/microblog/data") == $'755\n755\n750' ]]
}

@test "what a failed build left is not in the release that is built in its place" {
  export FAIL=pip
  run ! main microblog
  touch "$ROOT/srv/microblog/releases/$COMMIT/left-over"
  unset FAIL
  main microblog
  [[ ! -e $ROOT/srv/microblog/current/left-over ]]
}

@test "the application gets its database outside the releases, and a key made here" {
  main microblog
  release=$ROOT/srv/microblog/releases/$COMMIT
  [[ $(head -n 5 "$STATE/flask") == "microblog.py
sqlite:///$ROOT/srv/microblog/data/app.db
64
$release/.venv/bin
$release" ]]
  [[ $(<"$ROOT/etc/microblog/secret") =~ ^SECRET_KEY=[0-9a-f]{64}$ ]]
  [[ $(stat -c %a "$ROOT/etc/microblog/secret") == 600 ]]
  key=$(<"$ROOT/etc/microblog/secret")
  [[ $(grep -rl "${key#*=}" "$ROOT" | wc -l) -eq 1 ]]
}

@test "gunicorn is a service with four workers on port 5000, and no daemon" {
  main microblog
  unit=$ROOT/etc/systemd/system/microblog.service
  grep -Eq "^ExecStart=.*/gunicorn --bind 0.0.0.0:5000 --workers 4 " "$unit"
  grep -qx "Restart=on-failure" "$unit"
  grep -qx "User=microblog" "$unit"
  run ! grep -q -- "--daemon" "$unit"
}

@test "a second run changes nothing" {
  main microblog
  again microblog
}

@test "a new commit is built beside the old one and takes over" {
  main microblog
  old=$COMMIT
  release two
  : >"$STATE/calls"
  main microblog
  [[ $(readlink "$ROOT/srv/microblog/current") == *"/releases/$COMMIT" ]]
  [[ -e $ROOT/srv/microblog/releases/$old/.complete ]]
  called "^systemctl restart microblog.service$"
}

@test "a release holds its own commit's files and no others" {
  printf old >"$ORIGIN/gone"
  release two
  main microblog
  [[ -e $ROOT/srv/microblog/current/gone ]]
  rm "$ORIGIN/gone"
  release three
  main microblog
  [[ ! -e $ROOT/srv/microblog/current/gone && $(<"$ROOT/srv/microblog/current/microblog.py") == three ]]
}

@test "a commit or a tag is a revision too" {
  first=$COMMIT
  git -C "$ORIGIN" tag v1
  release two
  MICROBLOG_REVISION=$first main microblog
  [[ $(readlink "$ROOT/srv/microblog/current") == *"/$first" ]]
  release three
  MICROBLOG_REVISION=v1 main microblog
  [[ $(readlink "$ROOT/srv/microblog/current") == *"/$first" ]]
}

@test "a release that fails to build leaves the running one alone, and is built anew next time" {
  main microblog
  running=$(readlink "$ROOT/srv/microblog/current")
  release two
  for FAIL in python3 pip "flask db"; do
    : >"$STATE/calls"
    export FAIL
    run ! main microblog
    [[ $(readlink "$ROOT/srv/microblog/current") == "$running" ]]
    run ! called "microblog.service"
  done
  unset FAIL
  main microblog
  [[ $(readlink "$ROOT/srv/microblog/current") == *"/releases/$COMMIT" ]]
}

@test "an application without translations is served all the same" {
  export FAIL="flask translate"
  main microblog
  called "^flask db upgrade$"
}

@test "a revision that is none is refused, also one that looks like an option" {
  for MICROBLOG_REVISION in nowhere --help "main --force" '$(reboot)' ""; do
    export MICROBLOG_REVISION
    run ! main microblog
    [[ ! -e $ROOT/srv/microblog/current ]]
  done
}

@test "a repository that cannot be fetched fails it after trying again" {
  export MICROBLOG_REPOSITORY=$BATS_TEST_TMPDIR/nowhere
  run ! main microblog
  [[ $output == *"attempt 1 of 2 failed"* ]]
}

@test "an application that does not answer fails it" {
  export FAIL="curl --fail --silent --output"
  run ! main microblog
}

@test "sourcing is inert" {
  inert "$USERDATA/modules/microblog.sh"
}
