#!/bin/bash
# ssh_host_keys: publishes the public halves of this host's SSH keys as its parameter
# `ssh_host_keys`, so that who connects knows which host answers.

ssh_host_keys_settings() {
  : "${SSH_HOST_KEYS_DIR:=/etc/ssh}"
}

ssh_host_keys_main() {
  ssh_host_keys_settings
  if [[ ! -d $SSH_HOST_KEYS_DIR ]]; then
    log_info "no SSH server here: no host keys to publish"
    return 0
  fi
  timer_install ssh_host_keys
}

ssh_host_keys_sync() {
  ssh_host_keys_settings
  local keys
  # Type and key, without the comment, which names the host.
  keys=$(cut -d ' ' -f 1,2 "$SSH_HOST_KEYS_DIR"/ssh_host_*_key.pub)
  aws_parameter_keep "$(host_parameter ssh_host_keys)" "$keys"
}
