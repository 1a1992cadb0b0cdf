#!/bin/bash
# dependency_check: OWASP dependency-check, and its database of vulnerabilities, updated nightly by
# an account of its own: builds read the database, and neither write it nor see the NVD's API key.
#
# DEPENDENCY_CHECK_DATA_DIR/current  symbolic link to the database that the last update made

dependency_check_settings() {
  : "${DEPENDENCY_CHECK_VERSION:=12.1.5}"
  # As Homebrew's formula `dependency-check` has it for the release of this version.
  : "${DEPENDENCY_CHECK_SHA256:=fd7bc295258f59470c7581290ced28262e8bfe34caa2f29cf5bf0ae8ec34db27}"
  : "${DEPENDENCY_CHECK_USER:=dependency-check}"
  : "${DEPENDENCY_CHECK_LIB_DIR:=/usr/local/lib}"
  : "${DEPENDENCY_CHECK_DATA_DIR:=/var/lib/dependency-check}"
  : "${DEPENDENCY_CHECK_UNIT_DIR:=/etc/systemd/system}"
}

dependency_check_main() {
  dependency_check_settings
  local data=$DEPENDENCY_CHECK_DATA_DIR unit=$DEPENDENCY_CHECK_UNIT_DIR/dependency-check-update
  packages_install curl unzip
  dependency_check_install
  if ! getent passwd "$DEPENDENCY_CHECK_USER" >/dev/null; then
    useradd --system --user-group --no-create-home --home-dir "$data" \
      --shell /usr/sbin/nologin "$DEPENDENCY_CHECK_USER"
  fi
  make_dir "$data" 0755 "$DEPENDENCY_CHECK_USER:$DEPENDENCY_CHECK_USER"
  command_install "$DEPENDENCY_CHECK_LIB_DIR/dependency-check-update" \
    dependency_check dependency_check_update
  install_file dependency_check/update.service "$unit.service" \
    DEPENDENCY_CHECK_USER DEPENDENCY_CHECK_LIB_DIR
  install_file dependency_check/update.timer "$unit.timer"
  service_apply restart dependency-check-update.timer "$unit.service" "$unit.timer"
  service_enable dependency-check-update.timer
}

dependency_check_install() {
  local version=$DEPENDENCY_CHECK_VERSION lib=$DEPENDENCY_CHECK_LIB_DIR draft
  if [[ $(readlink "$lib/dependency-check") == "dependency-check-$version/dependency-check" ]]; then
    return 0
  fi
  draft=$lib/.dependency-check
  rm -rf "$draft"
  mkdir -p "$draft"
  download "https://github.com/dependency-check/DependencyCheck/releases/download/v$version/dependency-check-$version-release.zip" \
    "$draft/release.zip" "$DEPENDENCY_CHECK_SHA256"
  unzip -q "$draft/release.zip" -d "$draft"
  rm "$draft/release.zip"
  chmod 0755 "$draft/dependency-check/bin/dependency-check.sh"
  rm -rf "$lib/dependency-check-$version"
  mv -T "$draft" "$lib/dependency-check-$version"
  ln -sfn "dependency-check-$version/dependency-check" "$lib/dependency-check"
}

# On a copy, so that a build never meets a database half updated, nor one that an outage spoilt.
dependency_check_update() {
  dependency_check_settings
  local data=$DEPENDENCY_CHECK_DATA_DIR draft properties key
  draft=$data/$(date +%Y%m%dT%H%M%S)
  # Without a key the NVD answers too, slowly.
  key=$(aws_parameter_get "$(host_parameter nvd_api_key)")
  # In a file, because an argument would show in `ps`.
  properties=$(mktemp)
  printf 'nvd.api.key=%s\n' "$key" >"$properties"
  find "$data" -mindepth 1 -maxdepth 1 -type d ! -path "$(readlink -f "$data/current")" -exec rm -rf {} +
  if [[ -d $data/current ]]; then
    cp -a --reflink=auto "$data/current/." "$draft"
  else
    mkdir "$draft"
  fi
  "$DEPENDENCY_CHECK_LIB_DIR/dependency-check/bin/dependency-check.sh" --updateonly \
    --data "$draft" --propertyfile "$properties"
  rm "$properties"
  touch "$draft"
  ln -sfn "$(basename "$draft")" "$data/.current"
  mv -T "$data/.current" "$data/current"
}
