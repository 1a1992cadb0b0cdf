#!/bin/bash
# JSON: strings to write, values to read.

# json_string TEXT: quoted. Control characters other than line ends and tabs become spaces.
json_string() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  text=${text//$'\t'/\\t}
  printf '"%s"' "${text//[[:cntrl:]]/ }"
}

# json_get EXPRESSION: the value of a Python expression over `it`, the document on standard input.
json_get() {
  python3 -c 'import json, sys; it = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"
}
