#!/usr/bin/env bash
# usage: tests/scripts/shape_test.sh
#
# Every script is executable, parses, and begins with its usage line; packages.txt reads as its scripts read it.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
failed=0
wrong() {
  printf '%s\n' "$*" >&2
  failed=1
}

count=0
for script in scripts/* .ci/run; do
  [[ -f $script && $script != *.* || $script == .ci/run ]] || continue
  count=$((count + 1))
  [[ -x $script ]] || wrong "$script: expected it to be executable"
  head -n 1 "$script" | grep -qE '^#!.*\b(sh|bash|python3)$' || wrong "$script:1: expected a shell or python3"
  sed -n 2p "$script" | grep -qiF "# usage: $script" || wrong "$script:2: expected \"# usage: $script ...\""
done
((count >= 6)) || wrong "expected scripts, found $count"

for script in scripts/* scripts/lib/* .ci/run tests/scripts/* tests/interop/* docker/* deploy/*; do
  [[ -f $script ]] || continue
  if [[ $script == *.sh ]] || head -n 1 "$script" | grep -aqE '^#!.*\b(bash|sh)$'; then
    bash -n "$script" || wrong "$script: does not parse"
  elif [[ $script == *.py ]] || head -n 1 "$script" | grep -aqE '^#!.*python3$'; then
    python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$script" || wrong "$script: does not parse"
  fi
done

# shellcheck source-path=SCRIPTDIR/../../scripts source=lib/common.sh
source scripts/lib/common.sh
for section in build run demo test browser node images develop; do
  [[ -n $(packages_of "$section") ]] || wrong "scripts/packages.txt: expected packages under \"#: $section\""
done
[[ -z $(packages_of nosuchsection) ]] || wrong "packages_of knows a section that is not there"
packages_of build run demo test browser node images develop | grep -qvE '^[a-z0-9][a-z0-9.+-]+$' && wrong "scripts/packages.txt: not a package name"

for script in setup test run lint fuzz ladder; do
  "scripts/$script" --help | head -n 1 | grep -q "^usage: scripts/$script" || wrong "scripts/$script --help does not begin with its usage"
done
for script in test run lint fuzz; do
  "scripts/$script" --nonsense >/dev/null 2>&1 && wrong "scripts/$script accepts --nonsense"
done
scripts/setup nosuchsection >/dev/null 2>&1 && wrong "scripts/setup accepts a section that is not there"
exit "$failed"
