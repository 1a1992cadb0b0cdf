#!/bin/bash
# pipeline: the stages of the application's pipeline, each a command that a build calls in its
# checkout, and the Jenkinsfile that calls them for every branch.

pipeline_settings() {
  # The branch that is deployed; the others are built and tested.
  : "${PIPELINE_BRANCH:=main}"
  # A vulnerability from this score (CVSS, 0 to 10) on makes a build unstable.
  : "${PIPELINE_FAIL_ON_CVSS:=7}"
  : "${PIPELINE_WORKSPACE_DAYS:=14}"
  : "${PIPELINE_LIB_DIR:=/usr/local/lib/pipeline}"
  : "${PIPELINE_DEPLOY_KEY_DIR:=/var/lib/deploy-key}"
  : "${PIPELINE_DEPENDENCY_CHECK:=/usr/local/lib/dependency-check/bin/dependency-check.sh}"
  : "${PIPELINE_DATABASE_DIR:=/var/lib/dependency-check}"
}

pipeline_main() {
  pipeline_settings
  local lib=$PIPELINE_LIB_DIR
  packages_install git openssh-client python3-venv
  install_file -m 0755 pipeline/build "$lib/build"
  install_file -m 0755 pipeline/test "$lib/test"
  install_file -m 0755 pipeline/dependency-check "$lib/dependency-check" \
    PIPELINE_DEPENDENCY_CHECK PIPELINE_DATABASE_DIR PIPELINE_FAIL_ON_CVSS
  install_file -m 0755 pipeline/clean "$lib/clean" PIPELINE_WORKSPACE_DAYS
  install_file -m 0755 pipeline/deploy "$lib/deploy" PIPELINE_DEPLOY_KEY_DIR
  install_file pipeline/Jenkinsfile "$lib/Jenkinsfile" PIPELINE_LIB_DIR PIPELINE_BRANCH
}
