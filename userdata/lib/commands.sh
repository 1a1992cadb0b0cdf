#!/bin/bash
# Functions of user data that go on living on the host, as commands of their own.

# command_install PATH MODULE FUNCTION: a program that calls FUNCTION with what is defined here: the
# functions, and the settings of MODULE, of the host and of lib/aws.sh.
command_install() {
  local path=$1 module=$2 function=$3
  {
    printf '#!/bin/bash\n# %s of userdata/modules/%s.sh, installed by user data.\n' "$function" "$module"
    printf 'set -o errexit -o errtrace -o nounset -o pipefail\nshopt -s inherit_errexit\n'
    command_settings "$module"
    command_functions
    printf '%s "$@"\n' "$function"
  } | write_file "$path" 0755
}

command_settings() {
  local names
  mapfile -t names < <(compgen -v | grep -E "^(HOST|AWS|${1^^})_")
  declare -p "${names[@]}" | sed 's/^declare -[a-z-]* //'
}

command_functions() {
  local names
  mapfile -t names < <(compgen -A function | grep -vx file_text)
  declare -f "${names[@]}"
}
