#!/bin/bash
# AWS's APIs, with the credentials of the instance's role and without the AWS CLI: curl signs
# (--aws-sigv4). It reads credentials and bodies from pipes: an argument would show in `ps`.
# `return 1` says its status because in a trap, where a boot report is published, a bare `return`
# means the status from before the trap.

aws_settings() {
  host_settings
  : "${AWS_METADATA_URL:=http://169.254.169.254}"
  : "${AWS_ENDPOINT:=https://SERVICE.REGION.amazonaws.com}"
}

# aws_parameter_put NAME VALUE: at most 4,096 characters, without "{{" (AWS: "PutParameter").
aws_parameter_put() {
  aws_call ssm AmazonSSM.PutParameter "$(printf \
    '{"Name":%s,"Value":%s,"Type":"String","Overwrite":true}' \
    "$(json_string "$1")" "$(json_string "$2")")" >/dev/null
}

# aws_parameter_keep NAME VALUE: put where another value is, or none: every put is a version more.
aws_parameter_keep() {
  local kept
  kept=$(aws_parameter_get "$1")
  if [[ $kept != "$2" ]]; then
    aws_parameter_put "$1" "$2"
  fi
}

# aws_parameter_get NAME: the value, decrypted; nothing where there is no such parameter.
aws_parameter_get() {
  local found
  found=$(aws_call ssm AmazonSSM.GetParameters \
    "{\"Names\":[$(json_string "$1")],\"WithDecryption\":true}") || return 1
  printf '%s' "$found" | json_get '"".join(each["Value"] for each in it["Parameters"])'
}

# provide_secret PARAMETER PATH [OWNER]: PATH holds what an operator put into this host's parameter,
# or else a secret that the host makes once; mode 0600.
provide_secret() {
  local given
  given=$(aws_parameter_get "$(host_parameter "$1")")
  if [[ -n $given ]]; then
    printf '%s' "$given" | write_file "$2" 0600 "${3-}"
  else
    create_secret "$2" "${3-}"
  fi
}

# aws_call SERVICE TARGET BODY: the answer to a call of AWS's JSON 1.1 protocol.
aws_call() {
  aws_send "$1" "$2" "$3" 'Content-Type: application/x-amz-json-1.1' "X-Amz-Target: $2"
}

# aws_query SERVICE FORM: the answer, in XML, to a call of AWS's query protocol, which EC2 speaks.
aws_query() {
  aws_send "$1" "${2%%&*}" "$2" 'Content-Type: application/x-www-form-urlencoded'
}

# aws_send SERVICE WHAT BODY HEADER...
aws_send() {
  aws_settings
  local service=$1 what=$2 body=$3 header headers=() answer="" code=""
  for header in "${@:4}"; do
    headers+=(--header "$header")
  done
  retry aws_attempt "$service" "$what" || return 1
  if [[ $code != 200 ]]; then
    log_error "AWS refused $what with $code: $answer"
    return 1
  fi
  printf '%s\n' "$answer"
}

# aws_attempt SERVICE WHAT: of `body` and `headers`, gives `code` and `answer`. Fails where another try
# may help.
aws_attempt() {
  local service=$1 url credentials
  url=$(aws_endpoint "$service")
  credentials=$(aws_credentials) || return 1
  answer=$(curl --silent --show-error --connect-timeout 5 --max-time 30 \
    --config /dev/fd/3 --aws-sigv4 "aws:amz:$HOST_REGION:$service" "${headers[@]}" \
    --data-binary @- --write-out '\n%{http_code}' "$url/" \
    3< <(printf '%s\n' "$credentials") < <(printf '%s' "$body")) || return 1
  code=${answer##*$'\n'}
  answer=${answer%$'\n'*}
  [[ $code != 429 && $code != 5?? && $answer != *Throttl* && $answer != *RequestLimitExceeded* ]]
}

# aws_endpoint SERVICE: the URL of its API.
aws_endpoint() {
  aws_settings
  local url=${AWS_ENDPOINT/SERVICE/"$1"}
  printf '%s' "${url/REGION/"$HOST_REGION"}"
}

# aws_credentials: of the instance's role, as lines of a curl configuration.
aws_credentials() {
  local role document
  role=$(aws_metadata iam/security-credentials/) || return 1
  document=$(aws_metadata "iam/security-credentials/$role") || return 1
  printf '%s' "$document" | json_get '"""user = "{AccessKeyId}:{SecretAccessKey}"
header = "X-Amz-Security-Token: {Token}"
""".format(**it)'
}

# aws_metadata PATH: from the instance metadata service, version 2.
aws_metadata() {
  aws_settings
  local token quick=(curl --fail --silent --show-error --noproxy '*' --connect-timeout 2 --max-time 5)
  token=$("${quick[@]}" --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' \
    "$AWS_METADATA_URL/latest/api/token") || return 1
  "${quick[@]}" --config - "$AWS_METADATA_URL/latest/meta-data/$1" \
    < <(printf 'header = "X-aws-ec2-metadata-token: %s"\n' "$token")
}
