#!/usr/bin/env bash
# usage: tests/scripts/readme_test.sh <sbc> <media-relay>
#
# The README's first trunk, added to a first configuration as the README says, is accepted; its links lead somewhere.
set -euo pipefail
sbc=$1
relay=$2
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source-path=SCRIPTDIR/../../scripts source=lib/common.sh
source "$top/scripts/lib/common.sh"
# shellcheck source-path=SCRIPTDIR/../../scripts source=lib/default_config.sh
source "$top/scripts/lib/default_config.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# block <n>: the n-th TOML block of the README.
block() { awk -v want="$1" '/^```toml/{n++; on = n == want; next} /^```/{on = 0} on' "$top/README.md"; }

write_default_config "$work" 127.0.0.1 127.0.0.1 "$top/policies/default.lua"
# The TCP listener belongs beside the UDP one: a table of an array may come later in the file.
{ block 1; block 2; } >>"$work/sbc.toml"
block 3 >>"$work/relay.toml"
grep -q 'trunk.carrier' "$work/sbc.toml" || die "expected the README to show a trunk"
grep -q 'network.core' "$work/relay.toml" || die "expected the README to show the trunk's media network"
"$sbc" --check --config "$work/sbc.toml"
"$relay" --check --config "$work/relay.toml"

for document in README.md CONTRIBUTING.md CHANGELOG.md; do
  while read -r link; do
    [[ -e $top/$link ]] || die "$document: nothing at $link"
  done < <(grep -oE '\]\([^):#]+\)' "$top/$document" | sed 's/^](//; s/)$//')
done
for name in run test bench lint; do
  [[ -x $top/scripts/$name ]] || die "the documents name scripts/$name, which is not there"
done
