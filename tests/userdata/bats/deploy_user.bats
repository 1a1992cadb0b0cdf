setup() {
  load helper
  scratch deploy_user
  mkdir -p "$ROOT/etc/ssh/sshd_config.d"
  export DEPLOY_USER_FROM=172.31.17.100
  sshd=$ROOT/etc/ssh/sshd_config.d/20-deploy-user.conf
  authorized=$ROOT/var/lib/deploy-user/authorized_keys
  key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI$(printf 'x%.0s' {1..43})"
}

jump() { export DEPLOY_USER_JUMP=10.0.2.110:22; }

@test "on the web server the account is for one jump, and for no session" {
  jump
  main deploy_user
  for line in "MaxSessions 0" "PermitOpen 10.0.2.110:22" "AllowTcpForwarding local"; do
    grep -qx "  $line" "$sshd"
  done
  called "^useradd .*--password \* --shell /usr/sbin/nologin deploy$"
  [[ ! -e $ROOT/etc/sudoers.d/deploy-user && ! -e $ROOT/usr/local/lib/deploy-user ]]
}

@test "on the application server the account is for one command" {
  main deploy_user
  grep -qx "  ForceCommand $ROOT/usr/local/lib/deploy-user/forced-command" "$sshd"
  grep -qx "  DisableForwarding yes" "$sshd"
  called "^useradd .*--shell /bin/sh deploy$"
  [[ $(stat -c %a "$ROOT/etc/sudoers.d/deploy-user") == 440 ]]
  [[ $(grep -v '^#' "$ROOT/etc/sudoers.d/deploy-user") == "deploy ALL=(root) NOPASSWD: $ROOT/usr/local/sbin/microblog-deploy ^[0-9a-f]{40}\$" ]]
}

@test "its keys are where it cannot write" {
  main deploy_user
  grep -qx "  AuthorizedKeysFile $ROOT/var/lib/deploy-user/authorized_keys" "$sshd"
  run ! called "chown .*deploy"
}

@test "the timer authorises the key that Jenkins published" {
  jump
  main deploy_user
  publish /microblog/test/jenkins/deploy_key "$key"
  "$ROOT/usr/local/lib/microblog-boot/deploy-user"
  [[ $(<"$authorized") == "restrict,port-forwarding,from=\"172.31.17.100\" $key" ]]
  [[ $(stat -c %a "$authorized") == 644 ]]
}

@test "without a published key nobody is let in, and that is no failure" {
  main deploy_user
  "$ROOT/usr/local/lib/microblog-boot/deploy-user"
  [[ $(<"$authorized") == "" ]]
}

@test "when AWS does not answer, who was authorised stays so" {
  main deploy_user
  publish /microblog/test/jenkins/deploy_key "$key"
  "$ROOT/usr/local/lib/microblog-boot/deploy-user"
  FAIL=aws run ! "$ROOT/usr/local/lib/microblog-boot/deploy-user"
  [[ $(<"$authorized") == "restrict,from=\"172.31.17.100\" $key" ]]
}

@test "a second run changes nothing" {
  main deploy_user
  again deploy_user
}

@test "a host without an SSH server fails it" {
  rm -r "$ROOT/etc/ssh"
  run ! main deploy_user
  [[ $output == *"no SSH server here"* ]]
}

@test "an sshd configuration that sshd refuses is not loaded" {
  export FAIL=sshd
  run ! main deploy_user
  run ! called "ssh.service"
}

@test "rules that visudo refuses do not get to sudo" {
  export FAIL=visudo
  run ! main deploy_user
  [[ ! -e $ROOT/etc/sudoers.d/deploy-user ]]
}

@test "an account that cannot be made fails it" {
  export FAIL=useradd
  run ! main deploy_user
}

@test "sourcing is inert" {
  inert "$USERDATA/modules/deploy_user.sh"
}
