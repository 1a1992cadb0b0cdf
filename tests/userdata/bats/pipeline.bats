# The stages, without Jenkins: what is done in a real virtual environment and over a real SSH is in
# test_pipeline.py and test_ssh_trust.py.

setup() {
  load helper
  scratch pipeline
  main pipeline
  : >"$STATE/calls"
  stages=$ROOT/usr/local/lib/pipeline
  workspace=$BATS_TEST_TMPDIR/workspace/workload_4_main
  mkdir -p "$workspace"
  cd "$workspace" || return
  echo flask >requirements.txt
}

COMMIT=0123456789abcdef0123456789abcdef01234567

# command NAME BODY: in front of every other of that name.
command_of() {
  mkdir -p "$BATS_TEST_TMPDIR/bin"
  printf '#!/bin/bash\n%s\n' "$2" >"$BATS_TEST_TMPDIR/bin/$1"
  chmod +x "$BATS_TEST_TMPDIR/bin/$1"
  PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

@test "the Jenkinsfile calls every stage, deploys one branch, and has nothing left to fill in" {
  for stage in build test dependency-check clean deploy; do
    [[ -x $stages/$stage ]]
    grep -q "sh '$stages/$stage" "$stages/Jenkinsfile"
  done
  grep -qx "        branch 'main'" "$stages/Jenkinsfile"
  run ! grep -E "@[A-Z_]+@" "$stages"/*
}

@test "build installs what the application server installs, compiles and migrates" {
  export STATE
  touch .build
  "$stages/build"
  called "^pip .*install --quiet --requirement requirements.txt gunicorn pymysql cryptography$"
  called "^flask translate compile$"
  called "^flask db upgrade$"
  [[ $(sed -n 2p "$STATE/flask") == "sqlite:///$workspace/.build/app.db" ]]
}

@test "a build whose packages or migrations fail has failed" {
  for failing in "pip --disable-pip-version-check" "flask db upgrade"; do
    FAIL=$failing run -9 "$stages/build"
  done
}

@test "without a database there is no verdict on dependencies" {
  mkdir dependency-check-report && touch dependency-check-report/of-the-last-build.xml
  run -1 "$stages/dependency-check"
  [[ $output == *"no database of vulnerabilities yet"* && ! -e dependency-check-report ]]
}

# database DAYS: as an update left it so many days ago; dependency-check shows how it is called.
database() {
  local data=$ROOT/var/lib/dependency-check tool=$ROOT/usr/local/lib/dependency-check/bin
  mkdir -p "$data/one" "$tool"
  touch -d "$1 days ago" "$data/one"
  ln -s one "$data/current"
  printf '#!/bin/bash\necho "$@"\nexit %s\n' "${2-0}" >"$tool/dependency-check.sh"
  chmod +x "$tool/dependency-check.sh"
}

@test "dependencies are checked with the database that there is, and never update it" {
  database 0
  run -0 "$stages/dependency-check"
  [[ $output == "--noupdate --data $ROOT/var/lib/dependency-check/one "* && $output == *" --scan requirements.txt "* ]]
  [[ $output == *" --format JUNIT --junitFailOnCVSS 7 --out dependency-check-report" ]]
}

@test "a database that is old is used, and said to be old" {
  database 9
  run -0 "$stages/dependency-check"
  [[ $output == *"the database of vulnerabilities is 9 days old"*"--noupdate"* ]]
}

@test "a check that fails says so" {
  database 0 13
  run -13 "$stages/dependency-check"
}

@test "clean removes workspaces of this job that nobody uses, and no others" {
  cd "$BATS_TEST_TMPDIR/workspace"
  mkdir -p workload_4_old/.venv "workload_4_old@tmp" workload_4_new other_old "workload_4_main@tmp"
  touch -d "20 days ago" workload_4_old "workload_4_old@tmp" other_old workload_4_main "workload_4_main@tmp"
  cd workload_4_main
  mkdir .build .pytest_cache
  touch -d "20 days ago" .
  JOB_NAME=workload_4/main "$stages/clean"
  [[ $(ls -A) == requirements.txt ]]
  cd ..
  [[ $(ls) == $'other_old\nworkload_4_main\nworkload_4_main@tmp\nworkload_4_new' ]]
}

@test "clean touches nobody else's folder where it does not know its job" {
  mkdir "$BATS_TEST_TMPDIR/workspace/old"
  touch -d "20 days ago" "$BATS_TEST_TMPDIR/workspace/old"
  for job in "" other/main workload_4_main; do
    JOB_NAME=$job run -0 "$stages/clean"
    [[ $output == *"no other is touched"* && -e $BATS_TEST_TMPDIR/workspace/old ]]
  done
}

@test "clean ends no process and asks for nothing elsewhere" {
  run ! grep -E "kill|ssh|systemctl|gunicorn" "$stages/clean"
}

@test "deploy asks the application server for one commit" {
  command_of ssh 'printf "%s\n" "$*" >>"$STATE/ssh"'
  "$stages/deploy" "$COMMIT"
  [[ $(<"$STATE/ssh") == "-n -F $ROOT/var/lib/deploy-key/ssh_config app microblog-deploy $COMMIT" ]]
}

@test "what is no commit is asked of nobody" {
  command_of ssh 'printf "%s\n" "$*" >>"$STATE/ssh"'
  for commit in "" main -- "$COMMIT;id" "$COMMIT"$'\n' "${COMMIT}0" "$(tr a-f A-F <<<"$COMMIT")"; do
    run -2 "$stages/deploy" "$commit"
  done
  run -2 "$stages/deploy"
  [[ ! -e $STATE/ssh ]]
}

@test "deploy tries again while there is no connection" {
  command_of ssh 'echo >>"$STATE/ssh"; (($(wc -l <"$STATE/ssh") > 2)) || exit 255'
  run -0 "$stages/deploy" "$COMMIT"
  [[ $(wc -l <"$STATE/ssh") -eq 3 && $(<"$STATE/slept") == $'20\n20' ]]
}

@test "deploy gives up after its attempts" {
  command_of ssh 'echo >>"$STATE/ssh"; exit 255'
  DEPLOY_ATTEMPTS=3 run -255 "$stages/deploy" "$COMMIT"
  [[ $(wc -l <"$STATE/ssh") -eq 3 ]]
}

@test "a deploy that microblog-deploy rolled back is not tried again" {
  command_of ssh 'echo >>"$STATE/ssh"; exit 1'
  run -1 "$stages/deploy" "$COMMIT"
  [[ $(wc -l <"$STATE/ssh") -eq 1 ]]
}

@test "a second run changes nothing" {
  again pipeline
}

@test "packages that cannot be installed fail it" {
  rm -r "$STATE/packages"
  FAIL=apt-get run ! main pipeline
}

@test "sourcing is inert" {
  inert "$USERDATA/modules/pipeline.sh"
}
