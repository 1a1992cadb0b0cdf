#!/bin/bash
# HTTP: downloads, and waiting for a service of this host to answer.

http_settings() {
  : "${HTTP_WAIT_SECONDS:=300}"
}

# download URL PATH [SHA256]
download() {
  local url=$1 path=$2 sha256=${3-}
  retry curl --fail --silent --show-error --location --proto '=https' \
    --connect-timeout 10 --max-time 600 --output "$path" "$url"
  if [[ -n $sha256 ]] && ! sha256sum --check --status <<<"$sha256  $path"; then
    log_error "$url is not the file with SHA-256 $sha256"
    rm "$path"
    return 1
  fi
}

# http_wait URL: until it answers with a status below 400, at most HTTP_WAIT_SECONDS.
http_wait() {
  http_settings
  local url=$1 deadline=$((SECONDS + HTTP_WAIT_SECONDS))
  until curl --fail --silent --output /dev/null --max-time 10 "$url"; do
    if ((SECONDS >= deadline)); then
      log_error "$url has not answered for ${HTTP_WAIT_SECONDS}s"
      return 1
    fi
    sleep 1
  done
}
