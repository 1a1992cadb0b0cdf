#!/bin/bash
# deploy_user: the account that Jenkins' deploy key opens, and the little it may do: on the web
# server one jump (DEPLOY_USER_JUMP), on the application server one command.
#
# sshd's configuration says what the account may do; authorized_keys says only who it is: the key
# that Jenkins publishes as its parameter `deploy_key`, and nobody while there is none.

deploy_user_settings() {
  : "${DEPLOY_USER_FROM:?address that the key is accepted from}"
  # ADDRESS:PORT. Without it the user may run DEPLOY_USER_COMMAND, given one commit.
  : "${DEPLOY_USER_JUMP:=}"
  : "${DEPLOY_USER_COMMAND:=/usr/local/sbin/microblog-deploy}"
  : "${DEPLOY_USER_NAME:=deploy}"
  : "${DEPLOY_USER_DIR:=/var/lib/deploy-user}"
  : "${DEPLOY_USER_LIB_DIR:=/usr/local/lib/deploy-user}"
  : "${DEPLOY_USER_SSHD_CONF_DIR:=/etc/ssh/sshd_config.d}"
  : "${DEPLOY_USER_SUDOERS_DIR:=/etc/sudoers.d}"
}

deploy_user_main() {
  deploy_user_settings
  local sshd=$DEPLOY_USER_SSHD_CONF_DIR/20-deploy-user.conf shell=/usr/sbin/nologin
  if [[ ! -d $DEPLOY_USER_SSHD_CONF_DIR ]]; then
    log_error "no SSH server here: nothing can be deployed through this host"
    return 1
  fi
  make_dir "$DEPLOY_USER_DIR" 0755
  if [[ -n $DEPLOY_USER_JUMP ]]; then
    install_file deploy_user/jump.conf "$sshd" DEPLOY_USER_NAME DEPLOY_USER_DIR DEPLOY_USER_JUMP
  else
    # sshd runs a forced command by the account's shell.
    shell=/bin/sh
    deploy_user_sudo
    install_file -m 0755 deploy_user/forced-command "$DEPLOY_USER_LIB_DIR/forced-command" \
      DEPLOY_USER_COMMAND
    install_file deploy_user/command.conf "$sshd" \
      DEPLOY_USER_NAME DEPLOY_USER_DIR DEPLOY_USER_LIB_DIR
  fi
  if ! getent passwd "$DEPLOY_USER_NAME" >/dev/null; then
    # `*` is no password, as `!` is, but does not lock the account for sshd.
    useradd --system --user-group --no-create-home --home-dir /nonexistent \
      --password '*' --shell "$shell" "$DEPLOY_USER_NAME"
  fi
  if ! stamp_matches deploy-user-sshd "$sshd"; then
    sshd -t
    systemctl try-reload-or-restart ssh.service
    stamp_write deploy-user-sshd "$sshd"
  fi
  timer_install deploy_user
}

# A mistake in a file of sudoers.d takes sudo from everybody: it is looked at elsewhere first.
deploy_user_sudo() {
  packages_install sudo
  install_file deploy_user/sudoers "$DEPLOY_USER_LIB_DIR/sudoers" \
    DEPLOY_USER_NAME DEPLOY_USER_COMMAND
  visudo --check --quiet --file="$DEPLOY_USER_LIB_DIR/sudoers"
  write_file "$DEPLOY_USER_SUDOERS_DIR/deploy-user" 0440 <"$DEPLOY_USER_LIB_DIR/sudoers"
}

deploy_user_sync() {
  deploy_user_settings
  local key options="restrict" authorized=""
  if [[ -n $DEPLOY_USER_JUMP ]]; then
    options+=",port-forwarding"
  fi
  key=$(aws_parameter_get "$(host_parameter deploy_key jenkins)")
  # An Ed25519 key is 51 bytes, of which the first 19 say so (RFC 8709).
  if [[ $key =~ ^ssh-ed25519\ AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}$ ]]; then
    authorized="$options,from=\"$DEPLOY_USER_FROM\" $key"
  elif [[ -n $key ]]; then
    log_error "what Jenkins published is no Ed25519 key: nobody may deploy"
  fi
  printf '%s\n' "$authorized" | write_file "$DEPLOY_USER_DIR/authorized_keys" 0644
}
