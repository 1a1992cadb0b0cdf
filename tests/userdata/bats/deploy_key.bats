setup() {
  load helper
  scratch deploy_key
  export HOST_ROLE=jenkins DEPLOY_KEY_WEB_ADDRESS=10.0.1.204 DEPLOY_KEY_APP_ADDRESS=10.0.2.110
  dir=$ROOT/var/lib/deploy-key
}

keep() { "$ROOT/usr/local/lib/microblog-boot/deploy-key"; }

@test "Jenkins' account is there before Jenkins is" {
  main deploy_key
  called "^useradd --system .*--home-dir $ROOT/var/lib/jenkins --shell /bin/bash jenkins$"
}

@test "the key is made once, is its owner's alone, and its public half is published" {
  main deploy_key
  keep
  [[ $(stat -c %a "$dir/key") == 600 && $(head -1 "$dir/key") == *"OPENSSH PRIVATE KEY"* ]]
  first=$(<"$dir/key")
  [[ $(published /microblog/test/jenkins/deploy_key) == "$(ssh-keygen -y -f "$dir/key" | cut -d' ' -f1,2)" ]]
  keep
  [[ $(<"$dir/key") == "$first" && $(ls -A "$dir") == $'key\nknown_hosts\nssh_config' ]]
}

@test "a key that could not be given to its owner is not there" {
  main deploy_key
  FAIL="chown" run ! keep
  [[ ! -e $dir/key ]]
  keep
  [[ -s $dir/key ]]
}

@test "without AWS there is a key, and the run fails" {
  main deploy_key
  FAIL=aws run ! keep
  [[ -s $dir/key ]]
}

@test "known hosts are what the servers published, by role" {
  main deploy_key
  keep
  [[ ! -s $dir/known_hosts ]]
  publish /microblog/test/web/ssh_host_keys 'ssh-ed25519 AAAAone\necdsa-sha2-nistp256 AAAA/two+=\n'
  publish /microblog/test/app/ssh_host_keys 'ssh-rsa AAAAthree=='
  keep
  [[ $(<"$dir/known_hosts") == $'web ssh-ed25519 AAAAone\nweb ecdsa-sha2-nistp256 AAAA/two+=\napp ssh-rsa AAAAthree==' ]]
}

@test "ssh goes to the application server by way of the web server, and asks nobody" {
  main deploy_key
  ssh=$(PATH=${PATH#"$FAKES":} ssh -G -F "$dir/ssh_config" app)
  for line in "hostname 10.0.2.110" "user deploy" "proxyjump web" "hostkeyalias app" "batchmode yes" \
    "stricthostkeychecking true" "forwardagent no" "identityfile $dir/key" "port 22"; do
    grep -qx "$line" <<<"$ssh"
  done
}

@test "a second run changes nothing" {
  main deploy_key
  again deploy_key
}

@test "an account that cannot be made fails it" {
  export FAIL=useradd
  run ! main deploy_key
}

@test "sourcing is inert" {
  inert "$USERDATA/modules/deploy_key.sh"
}
