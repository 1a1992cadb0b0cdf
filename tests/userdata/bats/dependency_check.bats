setup() {
  load helper
  scratch dependency_check
  export HOST_ROLE=jenkins DOWNLOAD=$BATS_TEST_TMPDIR/release.zip
  echo "a release" >"$DOWNLOAD"
  DEPENDENCY_CHECK_SHA256=$(sha256sum <"$DOWNLOAD" | cut -d' ' -f1)
  export DEPENDENCY_CHECK_SHA256
  lib=$ROOT/usr/local/lib
  data=$ROOT/var/lib/dependency-check
}

# tool BODY: dependency-check itself, given as "$@" what it is called with.
tool() {
  local tool=$lib/dependency-check/bin/dependency-check.sh
  rm -f "$tool"
  printf '#!/bin/bash\n%s\n' "$1" >"$tool"
  chmod +x "$tool"
}

update() { "$lib/dependency-check-update"; }

# The database, in the folder that follows --data.
works='while [[ $1 != --data ]]; do shift; done; echo "update $(date +%N)" >>"$2/odc.mv.db"'

@test "the release is installed, and a timer updates its database" {
  main dependency_check
  [[ -x $lib/dependency-check/bin/dependency-check.sh ]]
  called "releases/download/v12.1.5/dependency-check-12.1.5-release.zip$"
  called "^systemctl enable --now dependency-check-update.timer$"
  grep -qx "User=dependency-check" "$ROOT/etc/systemd/system/dependency-check-update.service"
}

@test "an update is made on a copy and put in place whole" {
  main dependency_check
  tool "$works"
  update
  [[ $(wc -l <"$data/current/odc.mv.db") -eq 1 ]]
  first=$(readlink "$data/current")
  sleep() { :; }
  PATH=${PATH#"$FAKES":} command sleep 1.1
  update
  [[ $(wc -l <"$data/current/odc.mv.db") -eq 2 && $(readlink "$data/current") != "$first" ]]
  [[ $(wc -l <"$data/$first/odc.mv.db") -eq 1 ]]
}

@test "an outage leaves the database that there is" {
  main dependency_check
  tool "$works"
  update
  before=$(sha256sum "$data/current/odc.mv.db")
  PATH=${PATH#"$FAKES":} command sleep 1.1
  tool "$works; echo 'the NVD does not answer' >&2; exit 13"
  run -13 update
  [[ $(sha256sum "$data/current/odc.mv.db") == "$before" ]]
  PATH=${PATH#"$FAKES":} command sleep 1.1
  tool "$works"
  update
  [[ $(wc -l <"$data/current/odc.mv.db") -eq 2 && $(find "$data" -mindepth 1 -maxdepth 1 -type d | wc -l) -eq 2 ]]
}

@test "the key of the NVD comes from Parameter Store and is no argument" {
  main dependency_check
  publish /microblog/test/jenkins/nvd_api_key the-nvd-key
  tool 'echo "$*" >"$STATE/arguments"; while [[ $1 != --propertyfile ]]; do shift; done; stat -c %a "$2"; cat "$2"'
  export TMPDIR=$BATS_TEST_TMPDIR/tmp && mkdir "$TMPDIR"
  run -0 update
  [[ $output == $'600\nnvd.api.key=the-nvd-key' ]]
  run ! grep -r the-nvd-key "$STATE/arguments" "$ROOT" "$TMPDIR"
}

@test "without a key it works too" {
  main dependency_check
  tool 'while [[ $1 != --propertyfile ]]; do shift; done; cat "$2"'
  run -0 update
  [[ $output == "nvd.api.key=" ]]
}

@test "a release with another digest is not unpacked" {
  export DEPENDENCY_CHECK_SHA256=0000000000000000000000000000000000000000000000000000000000000000
  run ! main dependency_check
  run ! called "^unzip"
}

@test "a release that was unpacked half is unpacked again" {
  FAIL=unzip run ! main dependency_check
  [[ ! -e $lib/dependency-check ]]
  main dependency_check
  [[ -x $lib/dependency-check/bin/dependency-check.sh ]]
}

@test "a second run changes nothing" {
  main dependency_check
  again dependency_check
}

@test "sourcing is inert" {
  inert "$USERDATA/modules/dependency_check.sh"
}
