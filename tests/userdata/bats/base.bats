setup() {
  load helper
  scratch base
  mkdir -p "$ROOT/etc/ssh/sshd_config.d"
}

@test "security upgrades are on and SSH takes no password and no root" {
  main base
  called " install .*logrotate unattended-upgrades$"
  grep -q '^APT::Periodic::Unattended-Upgrade "1";$' "$ROOT/etc/apt/apt.conf.d/80microblog-upgrades"
  for line in "PasswordAuthentication no" "KbdInteractiveAuthentication no" "PermitRootLogin no"; do
    grep -qx "$line" "$ROOT/etc/ssh/sshd_config.d/10-microblog.conf"
  done
  [[ -d $ROOT/run/sshd ]]
  called "^systemctl try-reload-or-restart ssh.service$"
}

@test "the journal has limits, and what else logs is rotated" {
  main base
  called " install .*logrotate"
  grep -qx "SystemMaxUse=500M" "$ROOT/etc/systemd/journald.conf.d/microblog.conf"
  called "^systemctl try-restart systemd-journald.service$"
}

@test "a second run changes nothing" {
  main base
  again base
}

@test "a host that keeps time is left as it is" {
  mkdir -p "$STATE/enabled" && touch "$STATE/enabled/chrony"
  main base
  run ! called timesyncd
}

@test "a host without a clock gets one" {
  main base
  called " install .* systemd-timesyncd$"
  called "^systemctl enable --now systemd-timesyncd$"
}

@test "a host without an SSH server has nothing to harden" {
  rm -r "$ROOT/etc/ssh"
  run -0 main base
  [[ ! -e $ROOT/etc/ssh && $output == *"no SSH server here"* ]]
}

@test "an sshd configuration that sshd refuses fails it and is not loaded" {
  export FAIL=sshd
  run ! main base
  run ! called "ssh.service"
}

@test "lists that cannot be updated fail it" {
  export FAIL=apt-get
  run ! main base
}

@test "sourcing is inert" {
  inert "$USERDATA/modules/base.sh"
}
