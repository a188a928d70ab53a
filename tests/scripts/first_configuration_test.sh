#!/usr/bin/env bash
# usage: tests/scripts/first_configuration_test.sh <sbc> <media-relay>
#
# What scripts/run writes on the first start is accepted by both processes, is for its owner's eyes only, and has
# passwords that were drawn for it; what it prints is read back from it.
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

for folder in one two; do
  write_default_config "$work/$folder" 127.0.0.1 127.0.0.1 "$top/policies/default.lua"
  "$sbc" --check --config "$work/$folder/sbc.toml"
  "$relay" --check --config "$work/$folder/relay.toml"
  [[ $(stat -c %a "$work/$folder/sbc.toml") == 600 ]] || die "expected mode 600 of a file with passwords"
done
write_default_config "$work/traced" 127.0.0.1 127.0.0.1 "$top/policies/default.lua" "$work/trace.jsonl"
"$sbc" --check --config "$work/traced/sbc.toml"

mapfile -t passwords < <(cat "$work"/{one,two}/sbc.toml | sed -n 's/^password = "\(.*\)"/\1/p')
((${#passwords[@]} == 4)) || die "expected two accounts in each file"
[[ $(printf '%s\n' "${passwords[@]}" | sort -u | wc -l) == 4 ]] || die "expected four different passwords"
for password in "${passwords[@]}"; do
  [[ ${#password} == 14 ]] || die "expected a password of 14 characters, got ${#password}"
done

[[ $(users "$work/one/sbc.toml" | cut -d ' ' -f 1 | paste -sd ' ') == "alice bob" ]] || die "users: alice and bob"
[[ $(users "$work/one/sbc.toml" | sed -n '2s/.* //p') == "${passwords[1]}" ]] || die "users: bob's password"
[[ $(listeners "$work/one/sbc.toml" | cut -d: -f1 | paste -sd ' ') == "udp 127.0.0.1 tcp 127.0.0.1" ]] || die "listeners"
[[ $(listeners "$work/one/sbc.toml" | cut -d ' ' -f 3 | paste -sd ' ') == "access access" ]] || die "listeners: their realm"
[[ $(setting "$work/one/sbc.toml" relay.local socket) == "$work/one/relay.sock" ]] || die "setting: relay socket"

# A mistake names its line.
sed -i 's/^transport/transprot/; s/^  transport/  transprot/' "$work/one/sbc.toml"
line=$(grep -n -m1 transprot "$work/one/sbc.toml" | cut -d: -f1)
if "$sbc" --check --config "$work/one/sbc.toml" 2>"$work/errors"; then die "expected a misspelt key to be refused"; fi
grep -q "sbc.toml:$line:.*transport" "$work/errors" || die "expected line $line and the nearest key, got: $(cat "$work/errors")"
