setup() {
  load helper
  scratch jenkins
  make_key
  export JENKINS_KEY_FINGERPRINT=$FINGERPRINT JENKINS_REPOSITORY=https://github.com/example/microblog.git
  JENKINS_PLUGIN_MANAGER_SHA256=$(sha256sum <"$DOWNLOAD" | cut -d' ' -f1)
  export JENKINS_PLUGIN_MANAGER_SHA256
  export HOST_ROLE=jenkins
  mkdir -p "$ROOT/var/lib/jenkins" "$ROOT/usr/local/lib/pipeline"
  echo "pipeline {}" >"$ROOT/usr/local/lib/pipeline/Jenkinsfile"
}

@test "it is configured before it may start" {
  main jenkins
  override=$ROOT/etc/systemd/system/jenkins.service.d/microblog.conf
  grep -qx "ConditionPathExists=$ROOT/var/lib/jenkins/.configured" "$override"
  grep -q "runSetupWizard=false" "$override"
  [[ -e $ROOT/var/lib/jenkins/.configured ]]
  [[ $(grep -nE "install .*jenkins=|^java|restart jenkins" "$STATE/calls" | cut -d: -f2 | cut -c1-4) == "apt-
java
syst" ]]
}

@test "Java and git are there, and Jenkins answers" {
  main jenkins
  called " install .*openjdk-21-jre-headless fontconfig git$"
  called "^systemctl enable --now jenkins.service$"
  grep -qx "http://127.0.0.1:8080/login" "$STATE/asked"
}

@test "a configuration that is not finished leaves it unable to start" {
  export FAIL=java
  run ! main jenkins
  [[ ! -e $ROOT/var/lib/jenkins/.configured ]]
  [[ -e $ROOT/etc/systemd/system/jenkins.service.d/microblog.conf ]]
}

@test "the job builds the configured repository, and the password is in no file but its own" {
  main jenkins
  yaml=$ROOT/etc/jenkins/jenkins.yaml
  grep -Fq "multibranchPipelineJob('workload_4')" "$yaml"
  grep -Fq "remote('https://github.com/example/microblog.git')" "$yaml"
  grep -Fq "script(new File('$ROOT/usr/local/lib/pipeline/Jenkinsfile').text)" "$yaml"
  password=$(<"$ROOT/etc/jenkins/secrets/ADMIN_PASSWORD")
  [[ $password =~ ^[0-9a-f]{64}$ && $(stat -c %a "$ROOT/etc/jenkins/secrets/ADMIN_PASSWORD") == 600 ]]
  [[ $(stat -c %a "$ROOT/etc/jenkins/secrets") == 700 ]]
  [[ $(grep -rl "$password" "$ROOT" | wc -l) -eq 1 ]]
}

@test "the password is the one that an operator put into Parameter Store" {
  publish /microblog/test/jenkins/admin_password "an operator's own"
  main jenkins
  secret=$ROOT/etc/jenkins/secrets/ADMIN_PASSWORD
  [[ $(<"$secret") == "an operator's own" && $(stat -c %a "$secret") == 600 ]]
  again jenkins
}

@test "a password that cannot be asked for fails it, and none is made instead" {
  export FAIL=aws
  run ! main jenkins
  [[ ! -e $ROOT/etc/jenkins/secrets/ADMIN_PASSWORD ]]
}

@test "builds do not get at the role of the host" {
  main jenkins
  grep -q "^IPAddressDeny=169.254.169.254 " "$ROOT/etc/systemd/system/jenkins.service.d/microblog.conf"
}

@test "every plugin is pinned, and dependencies are not taken newer than asked for" {
  main jenkins
  run ! grep -vE '^(#.*|[a-z-]+:[0-9][^ ]*)$' "$ROOT/etc/jenkins/plugins.txt"
  called "^java .* --latest false$"
}

@test "a second run changes nothing" {
  main jenkins
  again jenkins
}

@test "a plugin manager with another digest is not run" {
  export JENKINS_PLUGIN_MANAGER_SHA256=0000000000000000000000000000000000000000000000000000000000000000
  run ! main jenkins
  run ! called "^java"
}

@test "with another key in its place nothing is installed" {
  export JENKINS_KEY_FINGERPRINT=0123456789ABCDEF0123456789ABCDEF01234567
  run ! main jenkins
  run ! called "jenkins="
}

@test "a repository that would leave its quotes is refused" {
  export JENKINS_REPOSITORY="https://example.invalid/'); evil('"
  run ! main jenkins
  [[ $output == *"JENKINS_REPOSITORY holds a character"* ]]
}

@test "sourcing is inert" {
  inert "$USERDATA/modules/jenkins.sh"
}
