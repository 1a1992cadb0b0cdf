setup() {
  load helper
  scratch ssh_host_keys
  mkdir -p "$ROOT/etc/ssh"
  echo "ssh-ed25519 AAAAone root@host" >"$ROOT/etc/ssh/ssh_host_ed25519_key.pub"
  echo "ecdsa-sha2-nistp256 AAAAtwo= root@host" >"$ROOT/etc/ssh/ssh_host_ecdsa_key.pub"
  echo "a private key" >"$ROOT/etc/ssh/ssh_host_ed25519_key"
}

keys=$'ecdsa-sha2-nistp256 AAAAtwo=\nssh-ed25519 AAAAone'

@test "a timer keeps the keys published" {
  main ssh_host_keys
  called "^systemctl restart ssh-host-keys.timer$"
  called "^systemctl enable --now ssh-host-keys.timer$"
  grep -qx "ExecStart=$ROOT/usr/local/lib/microblog-boot/ssh-host-keys" \
    "$ROOT/etc/systemd/system/ssh-host-keys.service"
}

@test "what the timer runs publishes the public halves, and no name of the host" {
  main ssh_host_keys
  "$ROOT/usr/local/lib/microblog-boot/ssh-host-keys"
  [[ $(published /microblog/test/web/ssh_host_keys) == "$keys" ]]
}

@test "keys that are published are not published again, and other ones are replaced" {
  main ssh_host_keys
  "$ROOT/usr/local/lib/microblog-boot/ssh-host-keys"
  before=$(stat -c %y "$STATE/parameters.json")
  "$ROOT/usr/local/lib/microblog-boot/ssh-host-keys"
  [[ $(stat -c %y "$STATE/parameters.json") == "$before" ]]
  publish /microblog/test/web/ssh_host_keys "the keys of the host before"
  "$ROOT/usr/local/lib/microblog-boot/ssh-host-keys"
  [[ $(published /microblog/test/web/ssh_host_keys) == "$keys" ]]
}

@test "a host without an SSH server has nothing to publish" {
  rm -r "$ROOT/etc/ssh"
  run -0 main ssh_host_keys
  [[ $output == *"no SSH server here"* ]]
  run ! called timer
}

@test "without AWS the boot goes on, and the timer's run fails" {
  export FAIL=aws
  main ssh_host_keys
  run ! "$ROOT/usr/local/lib/microblog-boot/ssh-host-keys"
}

@test "a second run changes nothing" {
  main ssh_host_keys
  again ssh_host_keys
}

@test "a timer that cannot be started fails it" {
  export FAIL="systemctl restart"
  run ! main ssh_host_keys
}

@test "sourcing is inert" {
  inert "$USERDATA/modules/ssh_host_keys.sh"
}
