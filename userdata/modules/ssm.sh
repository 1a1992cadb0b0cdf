#!/bin/bash
# ssm: the agent of AWS Systems Manager, so that a session needs neither a key nor an open port.

ssm_main() {
  # For Ubuntu AWS recommends the snap (AWS: "Install SSM Agent on Ubuntu Server"), and Canonical's
  # image brings it; Debian 12, which a rehearsal boots, has no snap.
  if ! command -v snap >/dev/null; then
    log_warning "no snap on this host: SSM agent skipped, Session Manager will not reach it"
    return 0
  fi
  if ! snap list amazon-ssm-agent >/dev/null 2>&1; then
    retry snap install amazon-ssm-agent --classic
  fi
  service_enable snap.amazon-ssm-agent.amazon-ssm-agent.service
}
