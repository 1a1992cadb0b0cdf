setup() {
  load helper
  scratch ssm
}

@test "the agent is installed and runs" {
  main ssm
  called "^snap install amazon-ssm-agent --classic$"
  called "^systemctl enable --now snap.amazon-ssm-agent.amazon-ssm-agent.service$"
}

@test "an agent that the image brings is left as it is" {
  mkdir -p "$STATE/snaps" && touch "$STATE/snaps/amazon-ssm-agent"
  main ssm
  run ! called "snap install"
}

@test "a second run changes nothing" {
  main ssm
  again ssm
}

@test "without snap it says so and goes on" {
  mkdir "$BATS_TEST_TMPDIR/bin"
  for name in bash logger; do
    ln -s "$(command -v "$name")" "$BATS_TEST_TMPDIR/bin/$name"
  done
  ln -sf "$FAKES/fake" "$BATS_TEST_TMPDIR/bin/logger"
  PATH="$BATS_TEST_TMPDIR/bin" run main ssm
  [[ $status -eq 0 && $output == *"SSM agent skipped"* ]]
}

@test "an installation that fails is tried again, then fails it" {
  export FAIL="snap install"
  run ! main ssm
  [[ $(grep -c "snap install" "$STATE/calls") -eq 2 ]]
}

@test "sourcing is inert" {
  inert "$USERDATA/modules/ssm.sh"
}
