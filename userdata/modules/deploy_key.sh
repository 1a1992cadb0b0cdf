#!/bin/bash
# deploy_key: the key that opens user `deploy` on the web and application servers, made here and
# never moved; its public half is this host's parameter `deploy_key`.
#
# DEPLOY_KEY_DIR/key          readable by DEPLOY_KEY_OWNER only
# DEPLOY_KEY_DIR/known_hosts  what the two servers published as `ssh_host_keys`
# DEPLOY_KEY_DIR/ssh_config   `ssh -F` of this file reaches `web`, and `app` through it

deploy_key_settings() {
  : "${DEPLOY_KEY_WEB_ADDRESS:?address of the web server}"
  : "${DEPLOY_KEY_APP_ADDRESS:?address of the application server}"
  : "${DEPLOY_KEY_PORT:=22}"
  : "${DEPLOY_KEY_JUMP_PORT:=$DEPLOY_KEY_PORT}"
  : "${DEPLOY_KEY_USER:=deploy}"
  : "${DEPLOY_KEY_OWNER:=jenkins}"
  : "${DEPLOY_KEY_OWNER_HOME:=/var/lib/jenkins}"
  : "${DEPLOY_KEY_DIR:=/var/lib/deploy-key}"
}

deploy_key_main() {
  deploy_key_settings
  packages_install openssh-client
  # Jenkins' package takes the user that is there.
  if ! getent passwd "$DEPLOY_KEY_OWNER" >/dev/null; then
    useradd --system --user-group --no-create-home --home-dir "$DEPLOY_KEY_OWNER_HOME" \
      --shell /bin/bash "$DEPLOY_KEY_OWNER"
  fi
  make_dir "$DEPLOY_KEY_DIR" 0755
  install_file deploy_key/ssh_config "$DEPLOY_KEY_DIR/ssh_config" DEPLOY_KEY_DIR DEPLOY_KEY_USER \
    DEPLOY_KEY_WEB_ADDRESS DEPLOY_KEY_JUMP_PORT DEPLOY_KEY_APP_ADDRESS DEPLOY_KEY_PORT
  timer_install deploy_key
}

deploy_key_sync() {
  deploy_key_settings
  local public
  deploy_key_make
  public=$(ssh-keygen -y -f "$DEPLOY_KEY_DIR/key" | cut -d ' ' -f 1,2)
  aws_parameter_keep "$(host_parameter deploy_key)" "$public"
  {
    deploy_key_known web
    deploy_key_known app
  } | write_file "$DEPLOY_KEY_DIR/known_hosts" 0644
}

deploy_key_make() {
  local draft=$DEPLOY_KEY_DIR/.draft
  if [[ -e $DEPLOY_KEY_DIR/key ]]; then
    return 0
  fi
  rm -f "$draft" "$draft.pub"
  ssh-keygen -q -t ed25519 -N '' -C '' -f "$draft"
  rm "$draft.pub"
  chown "$DEPLOY_KEY_OWNER:" "$draft"
  mv -T "$draft" "$DEPLOY_KEY_DIR/key"
}

# deploy_key_known ROLE: lines of known_hosts. What is no key (an option, a pattern, a certificate
# authority) gets into none: a host may speak for itself only.
deploy_key_known() {
  local keys line
  keys=$(aws_parameter_get "$(host_parameter ssh_host_keys "$1")")
  while IFS= read -r line; do
    if [[ $line =~ ^(ssh|ecdsa)-[a-z0-9-]+\ [A-Za-z0-9+/]+=*$ ]]; then
      printf '%s %s\n' "$1" "$line"
    elif [[ -n $line ]]; then
      log_warning "the $1 server published what is no host key"
    fi
  done <<<"$keys"
}
