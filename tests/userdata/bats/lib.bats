setup() {
  load helper
  scratch
}

@test "sourcing a file of lib is inert" {
  for file in "$USERDATA"/lib/*.sh; do
    inert "$file"
  done
}

@test "retry tries again and stops at its limit" {
  export RETRY_LIMIT=3
  run ! host retry bash -c 'echo tried >>"$STATE/tries"; exit 4'
  [[ $status -eq 4 ]]
  [[ $(wc -l <"$STATE/tries") -eq 3 ]]
  [[ $output == *"attempt 1 of 3 failed"*"gave up after 3 attempts: bash -c "* ]]
}

@test "retry stops at the first success" {
  export RETRY_LIMIT=5
  host retry bash -c 'echo tried >>"$STATE/tries"; [[ $(wc -l <"$STATE/tries") -eq 2 ]]'
  [[ $(wc -l <"$STATE/tries") -eq 2 ]]
}

@test "retry doubles its delay" {
  export RETRY_LIMIT=4 RETRY_DELAY=3
  run ! host retry false
  [[ $(<"$STATE/slept") == $'3\n6\n12' ]]
}

@test "a file is written with its mode, and not touched when it is right already" {
  host write_file "$ROOT/a/b" 0600 <<<"one"
  [[ $(<"$ROOT/a/b") == one && $(stat -c %a "$ROOT/a/b") == 600 ]]
  before=$(stat -c '%i %y' "$ROOT/a/b")
  host write_file "$ROOT/a/b" 0600 <<<"one"
  [[ $(stat -c '%i %y' "$ROOT/a/b") == "$before" ]]
  host write_file "$ROOT/a/b" 0640 <<<"one"
  [[ $(stat -c %a "$ROOT/a/b") == 640 ]]
  [[ $(ls -A "$ROOT/a") == b ]]
}

@test "a folder gets its mode and its owner" {
  export FAIL="chown nobody"
  host make_dir "$ROOT/a/b" 0700
  [[ $(stat -c %a "$ROOT/a/b") == 700 ]]
  run ! host make_dir "$ROOT/a/c" 0755 nobody
  run -0 host make_dir "$ROOT/a/c" 0755 root
}

@test "a file is installed with the mode that is asked for" {
  host install_file base/sshd.conf "$ROOT/plain"
  host install_file -m 0600 base/sshd.conf "$ROOT/private"
  [[ $(stat -c %a "$ROOT/plain") == 644 && $(stat -c %a "$ROOT/private") == 600 ]]
  cmp "$USERDATA/files/base/sshd.conf" "$ROOT/private"
  export FAIL="chown root:root"
  run ! host install_file -o root:root base/sshd.conf "$ROOT/owned"
}

@test "a file that cannot be written whole is not written" {
  printf old >"$ROOT/file"
  export FAIL=chown
  run ! host write_file "$ROOT/file" 0644 nobody <<<"new"
  [[ $(<"$ROOT/file") == old ]]
}

@test "a value arrives in a file as it is, ampersand-free and unsplit" {
  export NODE_EXPORTER_PORT='a b/c.d:e,f+g=h~i@j%k-l_m'
  host install_file node_exporter/defaults "$ROOT/defaults" NODE_EXPORTER_PORT
  grep -Fq 'address=:a b/c.d:e,f+g=h~i@j%k-l_m --collector' "$ROOT/defaults"
}

@test "a value that could leave its place in a file is refused" {
  for value in '"' "'" '$x' '`x`' 'a;b' 'a{b' 'a}b' 'a\b' $'a\nb' 'a&b' 'a<b' 'a|b' 'a#b' 'a[b' 'a*b'; do
    export NODE_EXPORTER_PORT=$value
    run ! host install_file node_exporter/defaults "$ROOT/defaults" NODE_EXPORTER_PORT
    [[ $output == *"NODE_EXPORTER_PORT holds a character that node_exporter/defaults cannot carry"* ]]
  done
  [[ ! -e $ROOT/defaults ]]
}

@test "a place that no setting fills is refused" {
  run ! host install_file node_exporter/defaults "$ROOT/defaults"
  [[ $output == *"node_exporter/defaults needs @NODE_EXPORTER_PORT@"* ]]
  [[ ! -e $ROOT/defaults ]]
}

@test "a setting for which a file has no place is refused" {
  export NODE_EXPORTER_PORT=1 OTHER=2
  run ! host install_file node_exporter/defaults "$ROOT/defaults" NODE_EXPORTER_PORT OTHER
  [[ $output == *"node_exporter/defaults has no @OTHER@"* ]]
}

@test "a secret is made once, is long, and only its owner reads it" {
  host create_secret "$ROOT/secret" "" "KEY="
  first=$(<"$ROOT/secret")
  [[ $first =~ ^KEY=[0-9a-f]{64}$ && $(stat -c %a "$ROOT/secret") == 600 ]]
  host create_secret "$ROOT/secret" "" "KEY="
  [[ $(<"$ROOT/secret") == "$first" ]]
  host create_secret "$ROOT/other" "" "KEY="
  [[ $(<"$ROOT/other") != "$first" ]]
}

@test "only missing packages are installed, after one update of the lists" {
  host packages_install git
  : >"$STATE/calls"
  host eval 'packages_install git curl=1.2; packages_install jq'
  [[ $(grep -c update "$STATE/calls") -eq 1 ]]
  called " install --no-install-recommends curl=1.2$"
  called " install --no-install-recommends jq$"
  : >"$STATE/calls"
  host packages_install git curl jq
  [[ -z $(calls) ]]
}

@test "of the keys in a download only the pinned one is trusted" {
  make_key
  mkdir -m 0700 "$BATS_TEST_TMPDIR/other"
  gpg --homedir "$BATS_TEST_TMPDIR/other" --batch --quiet --passphrase "" --quick-generate-key other@example.invalid ed25519 sign never
  gpg --homedir "$BATS_TEST_TMPDIR/other" --batch --quiet --import "$KEY"
  gpg --homedir "$BATS_TEST_TMPDIR/other" --batch --armor --export >"$BATS_TEST_TMPDIR/both"
  gpgconf --homedir "$BATS_TEST_TMPDIR/other" --kill all 2>/dev/null || true
  export DOWNLOAD=$BATS_TEST_TMPDIR/both
  host packages_signing_key https://example.invalid/key "$FINGERPRINT" "$ROOT/key.gpg"
  [[ $(host packages_fingerprints "$BATS_TEST_TMPDIR/other" "$ROOT/key.gpg") == "$FINGERPRINT" ]]
}

@test "a key with another fingerprint is not trusted" {
  make_key
  wanted=0123456789ABCDEF0123456789ABCDEF01234567
  run ! host packages_signing_key https://example.invalid/key "$wanted" "$ROOT/key.gpg"
  [[ $output == *"is not $wanted but $FINGERPRINT"* ]]
  [[ ! -e $ROOT/key.gpg ]]
}

@test "a short key id is no fingerprint" {
  run ! host packages_signing_key https://example.invalid/key 89ABCDEF01234567 "$ROOT/key.gpg"
  [[ $output == *"no fingerprint"* ]]
  [[ -z $(calls) ]]
}

@test "a download with another digest is refused and removed" {
  export DOWNLOAD=$BATS_TEST_FILENAME
  right=$(sha256sum <"$DOWNLOAD" | cut -d' ' -f1)
  host download https://example.invalid/x "$ROOT/right" "$right"
  cmp "$DOWNLOAD" "$ROOT/right"
  run ! host download https://example.invalid/x "$ROOT/wrong" "${right//[0-4]/5}"
  [[ $output == *"is not the file with SHA-256"* && ! -e $ROOT/wrong ]]
}

@test "waiting for a service has an end" {
  export FAIL=curl
  run ! host http_wait http://127.0.0.1:1/
  [[ $output == *"http://127.0.0.1:1/ has not answered"* ]]
}

@test "a service is restarted for files it has not seen, also when the first restart failed" {
  printf one >"$ROOT/config"
  export FAIL="systemctl restart"
  run ! host service_apply restart x.service "$ROOT/config"
  unset FAIL
  : >"$STATE/calls"
  host service_apply restart x.service "$ROOT/config"
  [[ $(calls) == "systemctl daemon-reload
systemctl restart x.service" ]]
  : >"$STATE/calls"
  host service_apply restart x.service "$ROOT/config"
  [[ -z $(calls) ]]
  printf two >"$ROOT/config"
  host service_apply restart x.service "$ROOT/config"
  called "^systemctl restart x.service$"
}

@test "stamps have a place of their own without being told one" {
  unset STAMP_DIR
  run -1 host stamp_matches none /dev/null
  [[ -z $output ]]
}

@test "the boot report names each step, its result and its seconds" {
  host eval 'one_main() { :; }; two_main() { :; }
    boot_begin; boot_step one; boot_step two; boot_end'
  report=$ROOT/var/lib/microblog-boot/report.jsonl
  [[ $(sed -E 's/"seconds":[0-9]+/"seconds":N/' "$report") == '{"step":"one","result":"ok","seconds":N}
{"step":"two","result":"ok","seconds":N}
{"step":"boot","result":"ok","seconds":N}' ]]
}

@test "a failing step ends the boot and is named in the report, with what failed" {
  run -7 host eval 'one_main() { :; }; two_main() { log_error "no good"; bash -c "exit 7" "a\"b\\"; }; three_main() { touch "$ROOT/three"; }
    boot_begin; boot_step one; boot_step two; boot_step three; boot_end'
  [[ $output == *"step two failed with status 7"* && ! -e $ROOT/three ]]
  PATH=${PATH#"$FAKES":} python3 - "$ROOT/var/lib/microblog-boot/report.jsonl" <<'PYTHON'
import json, sys
one, two, boot = map(json.loads, open(sys.argv[1]))
assert (one["step"], one["result"]) == ("one", "ok")
assert (two["step"], two["result"], two["status"]) == ("two", "failed", 7)
assert two["command"] == 'bash -c "exit 7" "a\\"b\\\\"', two["command"]
assert two["message"] == "no good"
assert (boot["step"], boot["result"]) == ("boot", "failed")
PYTHON
}

@test "a report is about one boot" {
  host eval 'boot_begin; boot_end'
  host eval 'boot_begin; boot_end'
  [[ $(wc -l <"$ROOT/var/lib/microblog-boot/report.jsonl") -eq 1 ]]
}

@test "a step that leaves early with success has failed all the same" {
  run -1 host eval 'one_main() { exit 0; }
    boot_begin; boot_step one; boot_end'
  grep -q '"step":"one","result":"failed"' "$ROOT/var/lib/microblog-boot/report.jsonl"
  grep -q '"step":"boot","result":"failed"' "$ROOT/var/lib/microblog-boot/report.jsonl"
}

@test "what a boot writes is readable, whatever the umask it is started with" {
  run -0 host eval 'umask 077; boot_begin; umask; boot_end'
  [[ $output == *0022* ]]
}

@test "a setting without a value fails its step in the report" {
  run ! host eval 'one_main() { : "${ONE_ADDRESS:?an address}"; }
    boot_begin; boot_step one; boot_end'
  grep -q '"step":"one","result":"failed"' "$ROOT/var/lib/microblog-boot/report.jsonl"
}

@test "a boot that went well is published, and so are its metrics" {
  host eval 'one_main() { :; }
    boot_begin; boot_step one; boot_end'
  run -0 published /microblog/test/web/boot
  [[ $output =~ ^'{"result":"ok","seconds":'[0-9]+',"instance":"i-0123456789abcdef0","step":"boot","log":""}'$ ]]
  metrics=$ROOT/var/lib/prometheus/node-exporter/microblog-boot.prom
  [[ $(cut -d' ' -f1 "$metrics") == $'microblog_boot_result\nmicroblog_boot_seconds\nmicroblog_boot_timestamp_seconds' ]]
  grep -qx "microblog_boot_result 1" "$metrics"
  [[ $(stat -c %a "$metrics") == 644 ]]
}

@test "a failed boot is published with its step and the end of its log, in 4 KB" {
  mkdir -p "$ROOT/var/log"
  for ((line = 0; line < 400; line++)); do
    printf 'line %d: "quoted" \\ {{{nested}} \t\001\xff\n' "$line"
  done >"$ROOT/var/log/cloud-init-output.log"
  run -3 host eval 'one_main() { return 3; }
    boot_begin; boot_step one; boot_end'
  run -0 published /microblog/test/web/boot
  [[ ${#output} -le 4096 && $output != *'{{'* ]]
  python3 - "$output" <<'PYTHON'
import json, sys
report = json.loads(sys.argv[1])
assert (report["result"], report["step"]) == ("failed", "one")
assert report["log"].endswith('line 399: "quoted" \\ { { { nested}} \t'), report["log"][-60:]
PYTHON
  grep -qx "microblog_boot_result 0" "$ROOT/var/lib/prometheus/node-exporter/microblog-boot.prom"
}

@test "a boot is as good without AWS, and the console has its report" {
  export FAIL=aws
  run -0 host eval 'boot_begin; boot_end'
  [[ $output == *'boot report: {"result":"ok",'*"the boot report was not published"* ]]
}

@test "the boot report says the same where its metrics cannot be written" {
  mkdir -p "$ROOT/var/lib/prometheus"
  : >"$ROOT/var/lib/prometheus/node-exporter"
  run -0 host eval 'boot_begin; boot_end'
  [[ $(published /microblog/test/web/boot) == '{"result":"ok",'* ]]
}

@test "a parameter is named by its host's place" {
  [[ $(host host_parameter boot) == /microblog/test/web/boot ]]
  [[ $(host host_parameter deploy_key jenkins) == /microblog/test/jenkins/deploy_key ]]
}
