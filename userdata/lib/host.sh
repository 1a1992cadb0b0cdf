#!/bin/bash
# Which host this is. Modules may read these settings beside their own.

host_settings() {
  : "${HOST_PROJECT:?the Project tag}"
  : "${HOST_ENVIRONMENT:?name of the environment}"
  : "${HOST_ROLE:?role of this host}"
  : "${HOST_REGION:?AWS Region}"
}

# host_parameter NAME [ROLE]: the full name in Parameter Store of what this host, or the host of
# ROLE, publishes or is given. Which of them it may read or write: constructs_lib/permissions.py.
host_parameter() {
  host_settings
  printf '/%s/%s/%s/%s' "$HOST_PROJECT" "$HOST_ENVIRONMENT" "${2-$HOST_ROLE}" "$1"
}
