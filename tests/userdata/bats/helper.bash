bats_require_minimum_version 1.5.0

# A scratch host: the lib and modules under test, every path setting inside $ROOT, fake commands.

USERDATA=$(cd "$BATS_TEST_DIRNAME/../../../userdata" && pwd)
FAKES=$(cd "$BATS_TEST_DIRNAME/../fakes" && pwd)

# scratch MODULE...
scratch() {
  export ROOT=$BATS_TEST_TMPDIR/root STATE=$BATS_TEST_TMPDIR/state PATH="$FAKES:$PATH"
  export RETRY_DELAY=0 RETRY_LIMIT=2 HTTP_WAIT_SECONDS=0
  export HOST_PROJECT=microblog HOST_ENVIRONMENT=test HOST_ROLE=web HOST_REGION=us-east-1
  mkdir -p "$ROOT" "$STATE"
  : >"$STATE/calls"
  SOURCES=("$USERDATA"/lib/*.sh)
  local module name path
  for module in "$@"; do
    SOURCES+=("$USERDATA/modules/$module.sh")
  done
  while read -r name path; do
    export "$name=$ROOT$path"
  done < <(sed -nE 's|^ *: "\$\{([A-Z0-9_]+):=(/[a-z]+/.*)\}"$|\1 \2|p' "${SOURCES[@]}")
}

# host COMMAND...: in a shell with the options that the renderer sets, and a process of its own,
# because `run` and conditions turn errexit off for everything inside them.
host() {
  local program='
    set -o errexit -o errtrace -o nounset -o pipefail
    shopt -s inherit_errexit
    file_text() { cat "$USERDATA/files/$1"; }
    while [[ $1 != -- ]]; do source "$1"; shift; done
    shift
    "$@"'
  USERDATA=$USERDATA bash -c "$program" host "${SOURCES[@]}" -- "$@"
}

# main MODULE
main() { host "$1_main"; }

# Everything a run leaves: paths, modes, link targets, contents, and when a file was written.
tree() {
  (
    cd "$ROOT" || return
    find . -type d -printf '%p %m\n' -o -printf '%p %m %l %T@\n' | sort
    find . -type f -exec sha256sum {} + | sort
  )
}

# published NAME: the parameter's value in the Parameter Store of fake_aws.py.
published() {
  python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' \
    "$STATE/parameters.json" "$1"
}

# publish NAME VALUE: as another host or an operator would.
publish() {
  printf '{"Name":"%s","Value":"%s"}' "$1" "$2" |
    python3 "$FAKES/../fake_aws.py" https://ssm.us-east-1.amazonaws.com/ AmazonSSM.PutParameter >/dev/null
}

calls() { cat "$STATE/calls"; }
called() { grep -qE -- "$1" "$STATE/calls"; }

# again MODULE: a second run leaves the tree as it is and asks nothing of the host.
again() {
  local before
  before=$(tree)
  : >"$STATE/calls"
  main "$1"
  diff <(printf '%s\n' "$before") <(tree)
  diff /dev/null "$STATE/calls"
}

# inert MODULE: sourcing alone prints nothing, writes nothing and sets no variable.
inert() {
  local program='before=$(compgen -v | sort); source "$1"
    diff <(printf "%s\n" "$before") <(compgen -v | grep -vxE "before|PIPESTATUS|_" | sort) | grep "^>"'
  run bash -c "$program" inert "$1"
  [[ -z $output ]]
}

# A key pair of our own: $KEY is the public half, $FINGERPRINT its fingerprint.
make_key() {
  command -v gpg >/dev/null || skip "gpg is not installed: apt-get install gnupg"
  KEY=$BATS_FILE_TMPDIR/key.asc
  local home=$BATS_FILE_TMPDIR/gnupg
  if [[ ! -e $KEY ]]; then
    mkdir -m 0700 "$home"
    gpg --homedir "$home" --batch --quiet --passphrase "" --quick-generate-key test@example.invalid ed25519 sign never
    gpg --homedir "$home" --batch --armor --export >"$KEY"
    gpgconf --homedir "$home" --kill all 2>/dev/null || true
  fi
  export FINGERPRINT
  FINGERPRINT=$(gpg --batch --with-colons --show-keys "$KEY" | awk -F: '$1 == "fpr" { print $10; exit }')
  export DOWNLOAD=$KEY
}
