#!/bin/bash
# Debian packages and the repositories that vendors publish.

# packages_install NAME[=VERSION]...: those that are missing.
packages_install() {
  local package missing=()
  for package in "$@"; do
    if [[ $(dpkg-query -W -f '${db:Status-Status}' "${package%%=*}" 2>/dev/null) != installed ]]; then
      missing+=("$package")
    fi
  done
  if ((${#missing[@]} == 0)); then
    return 0
  fi
  if [[ -z ${PACKAGES_FRESH-} ]]; then
    retry packages_apt update -o APT::Update::Error-Mode=any
    PACKAGES_FRESH=yes
  fi
  packages_apt install --no-install-recommends "${missing[@]}"
}

# The lock may be held for minutes by the distribution's own upgrade at first boot.
packages_apt() {
  DEBIAN_FRONTEND=noninteractive apt-get --assume-yes --quiet -o DPkg::Lock::Timeout=300 \
    -o Acquire::Retries=5 -o Dpkg::Options::=--force-confold "$@"
}

# packages_repository NAME FILE KEY_URL FINGERPRINT KEYRING SETTING...: an apt source (a deb822
# file) whose packages must be signed by exactly the key with this fingerprint.
packages_repository() {
  local name=$1 path=$2 url=$3 fingerprint=$4 keyring=$5
  shift 5
  packages_install ca-certificates curl gpg
  packages_signing_key "$url" "$fingerprint" "$keyring"
  if [[ ! -e $path ]]; then
    PACKAGES_FRESH=""
  fi
  install_file "$name" "$path" "$@"
}

# packages_signing_key URL FINGERPRINT KEYRING: of the keys at URL only the one with FINGERPRINT
# (40 hex digits) gets into KEYRING; without it, none does.
packages_signing_key() (
  local url=$1 fingerprint=$2 keyring=$3 home
  if [[ ! $fingerprint =~ ^[0-9A-F]{40}$ ]]; then
    log_error "no fingerprint of a signing key (40 hex digits): $fingerprint"
    return 1
  fi
  home=$(mktemp -d)
  trap 'rm -rf "$home"' EXIT
  if [[ -s $keyring && $(packages_fingerprints "$home" "$keyring") == "$fingerprint" ]]; then
    return 0
  fi
  download "$url" "$home/key"
  # A vendor's file may also hold retired keys that gpg will not import: what counts is what is left.
  gpg --homedir "$home" --batch --quiet --no-autostart --import "$home/key" || true
  gpg --homedir "$home" --batch --no-autostart --export "$fingerprint" >"$home/pinned" || true
  if [[ $(packages_fingerprints "$home" "$home/pinned") != "$fingerprint" ]]; then
    log_error "the key at $url is not $fingerprint but $(packages_fingerprints "$home" "$home/key" | tr '\n' ' ')"
    return 1
  fi
  write_file "$keyring" 0644 <"$home/pinned"
)

# packages_fingerprints GNUPG_HOME FILE: of the primary keys in FILE.
packages_fingerprints() {
  gpg --homedir "$1" --batch --quiet --no-autostart --with-colons --show-keys "$2" |
    awk -F: '$1 == "pub" { primary = 1 } $1 == "fpr" && primary { print $10; primary = 0 }'
}
