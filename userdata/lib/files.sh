#!/bin/bash
# Files and folders: written whole or not at all, and only when they differ.

# make_dir PATH MODE [OWNER]
make_dir() {
  mkdir -p "$1"
  chmod "$2" "$1"
  if [[ -n ${3-} ]]; then
    chown "$3" "$1"
  fi
}

# write_file PATH MODE [OWNER]: standard input becomes PATH.
write_file() {
  local path=$1 mode=$2 owner=${3-} draft
  mkdir -p "$(dirname "$path")"
  draft=$(mktemp "$(dirname "$path")/.$(basename "$path").XXXXXX")
  cat >"$draft"
  chmod "$mode" "$draft"
  if [[ -n $owner ]]; then
    chown "$owner" "$draft"
  fi
  if cmp -s "$draft" "$path" && [[ $(stat -c %a:%U:%G "$draft") == $(stat -c %a:%U:%G "$path") ]]; then
    rm "$draft"
  else
    mv -T "$draft" "$path"
  fi
}

# install_file [-m MODE] [-o OWNER] NAME PATH [SETTING...]: userdata/files/NAME becomes PATH, each
# @SETTING@ in it the setting's value. Values that mean something to the formats written here
# (quotes, braces, semicolons, line ends, ...) are refused, so that none needs escaping.
install_file() {
  local mode=0644 owner="" option OPTIND=1
  while getopts m:o: option; do
    case $option in
      m) mode=$OPTARG ;;
      o) owner=$OPTARG ;;
      *) return 2 ;;
    esac
  done
  shift $((OPTIND - 1))
  local name=$1 path=$2 text setting
  shift 2
  text=$(file_text "$name")
  for setting in "$@"; do
    if [[ $text != *"@$setting@"* ]]; then
      log_error "$name has no @$setting@"
      return 1
    fi
    if [[ ! ${!setting} =~ ^[A-Za-z0-9\ ._:/,+=~@%-]*$ ]]; then
      log_error "$setting holds a character that $name cannot carry: ${!setting}"
      return 1
    fi
    text=${text//"@$setting@"/"${!setting}"}
  done
  if [[ $text =~ @[A-Z][A-Z0-9_]*@ ]]; then
    log_error "$name needs ${BASH_REMATCH[0]}, which its module does not give"
    return 1
  fi
  printf '%s\n' "$text" | write_file "$path" "$mode" "$owner"
}

# create_secret PATH [OWNER] [PREFIX]: PREFIX and 256 random bits in hex, once; mode 0600.
create_secret() {
  local path=$1 owner=${2-} prefix=${3-}
  if [[ ! -s $path ]]; then
    {
      printf '%s' "$prefix"
      od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n'
    } | write_file "$path" 0600 "$owner"
  fi
}
