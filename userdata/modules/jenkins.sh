#!/bin/bash
# jenkins: the CI server, from Jenkins' own repository, configured as code before its first start.
#
# Plugins come by the plugin installation manager with `--latest false`: the listed ones at exactly
# the listed version, what they depend on at the version they ask for, and nothing newer tomorrow.

jenkins_settings() {
  : "${JENKINS_REPOSITORY:?URL of the git repository to build}"
  : "${JENKINS_JOB:=workload_4}"
  : "${JENKINS_PIPELINE:=/usr/local/lib/pipeline/Jenkinsfile}"
  : "${JENKINS_PORT:=8080}"
  : "${JENKINS_EXECUTORS:=2}"
  # Needs Java 21 (Jenkins: "Java Support Policy"): in Ubuntu 24.04 and Debian 13, not in 12.
  : "${JENKINS_VERSION:=2.568.2}"
  : "${JENKINS_JAVA_PACKAGE:=openjdk-21-jre-headless}"
  # Published by Jenkins: "Jenkins Debian Packages"; the key of 2026.
  : "${JENKINS_KEY_FINGERPRINT:=5E386EADB55F01504CAE8BCF7198F4B714ABFC68}"
  : "${JENKINS_PLUGIN_MANAGER_VERSION:=2.15.0}"
  : "${JENKINS_PLUGIN_MANAGER_SHA256:=a86853ec2e2933f37a4b471ba65099b61e03c87a80c2ef8fe2315eb135672d43}"
  : "${JENKINS_KEYRING:=/etc/apt/keyrings/jenkins.gpg}"
  : "${JENKINS_APT_SOURCE:=/etc/apt/sources.list.d/jenkins.sources}"
  : "${JENKINS_CONF_DIR:=/etc/jenkins}"
  : "${JENKINS_HOME:=/var/lib/jenkins}"
  : "${JENKINS_WAR:=/usr/share/java/jenkins.war}"
  : "${JENKINS_LIB_DIR:=/usr/local/lib/jenkins}"
  : "${JENKINS_UNIT_DIR:=/etc/systemd/system}"
}

jenkins_main() {
  jenkins_settings
  local config=$JENKINS_CONF_DIR override=$JENKINS_UNIT_DIR/jenkins.service.d/microblog.conf
  packages_repository jenkins/jenkins.sources "$JENKINS_APT_SOURCE" \
    https://pkg.jenkins.io/debian-stable/jenkins.io-2026.key "$JENKINS_KEY_FINGERPRINT" \
    "$JENKINS_KEYRING" JENKINS_KEYRING

  # The package starts Jenkins as soon as it is installed. The override, which is there before,
  # lets it start only once it is configured: nobody ever meets an open set-up wizard.
  install_file jenkins/override.conf "$override" JENKINS_PORT JENKINS_HOME JENKINS_CONF_DIR
  packages_install "$JENKINS_JAVA_PACKAGE" fontconfig git
  packages_install "jenkins=$JENKINS_VERSION"

  install_file jenkins/jenkins.yaml "$config/jenkins.yaml" \
    JENKINS_EXECUTORS JENKINS_JOB JENKINS_REPOSITORY JENKINS_PIPELINE
  make_dir "$config/secrets" 0700 jenkins:jenkins
  provide_secret admin_password "$config/secrets/ADMIN_PASSWORD" jenkins:jenkins
  install_file jenkins/plugins.txt "$config/plugins.txt"
  jenkins_plugins "$config/plugins.txt"

  write_file "$JENKINS_HOME/.configured" 0644 </dev/null
  service_apply restart jenkins.service "$override" "$config/jenkins.yaml" "$config/plugins.txt" \
    "$config/secrets/ADMIN_PASSWORD" "$JENKINS_PIPELINE"
  service_enable jenkins.service
  http_wait "http://127.0.0.1:$JENKINS_PORT/login"
}

jenkins_plugins() {
  local plugins=$1 manager=$JENKINS_LIB_DIR/plugin-manager-$JENKINS_PLUGIN_MANAGER_VERSION.jar
  if stamp_matches jenkins-plugins "$plugins"; then
    return 0
  fi
  mkdir -p "$JENKINS_LIB_DIR"
  download "https://github.com/jenkinsci/plugin-installation-manager-tool/releases/download/$JENKINS_PLUGIN_MANAGER_VERSION/jenkins-plugin-manager-$JENKINS_PLUGIN_MANAGER_VERSION.jar" \
    "$manager" "$JENKINS_PLUGIN_MANAGER_SHA256"
  retry runuser -u jenkins -- env HOME="$JENKINS_HOME" java -jar "$manager" --war "$JENKINS_WAR" \
    --plugin-file "$plugins" --plugin-download-directory "$JENKINS_HOME/plugins" --latest false
  stamp_write jenkins-plugins "$plugins"
}
