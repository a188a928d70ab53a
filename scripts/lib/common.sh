# Sourced by the scripts beside this folder: what they share.
# shellcheck shell=bash

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '== %s\n' "$*"; }
die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# The usage line is the second line of every script.
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }

# packages_of <section>...: the packages of these sections of packages.txt.
packages_of() {
  awk -v want="$*" '/^#: /{on=index(" " want " ", " " $2 " ")} !/^#/&&NF&&on{print $1}' "$top/scripts/packages.txt" |
    sort -u
}

# need_packages <section>...: installs what is missing; silent and quick when nothing is.
need_packages() {
  local wanted missing=() package
  mapfile -t wanted < <(packages_of "$@")
  local -A present=()
  while read -r package _; do present[${package%%:*}]=1; done < <(
    dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null | grep ' installed$'
  )
  for package in "${wanted[@]}"; do
    [[ -n ${present[$package]:-} ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0

  command -v apt-get >/dev/null || die "these Debian packages are missing, and there is no apt-get here: ${missing[*]}"
  local as_root=()
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null || ! { sudo -n true 2>/dev/null || [[ -t 0 ]]; }; then
      die "these Debian packages are missing; install them as root: apt-get install --no-install-recommends ${missing[*]}"
    fi
    as_root=(sudo)
  fi
  say "installing ${#missing[@]} Debian packages (scripts/packages.txt: $*): ${missing[*]}"
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  "${as_root[@]}" "${apt[@]}" update </dev/null || say "apt-get update failed; trying with the lists that are here"
  local log
  log=$(mktemp)
  if ! "${as_root[@]}" "${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    rm -f "$log"
    die "apt-get could not install: ${missing[*]}"
  fi
  rm -f "$log"
}

# need_browser: Chromium, and Node and npm, for tests/interop/browser. Whatever Node is there will do: a packaged one from
# elsewhere conflicts with Debian's.
need_browser() {
  local sections=(browser)
  command -v node >/dev/null && command -v npm >/dev/null || sections+=(node)
  need_packages "${sections[@]}"
}

# build <preset> [target...]: configures and builds in build/<preset>.
build() {
  local preset=$1
  shift
  local log=$top/build/$preset.configure.log
  mkdir -p "$top/build"
  say "configuring build/$preset"
  (cd "$top" && cmake --preset "$preset") >"$log" 2>&1 || {
    cat "$log" >&2
    die "cmake could not configure build/$preset"
  }
  say "building build/$preset${*:+: $*}"
  # One job for each processor, but never more than memory allows: a compiler takes up to 1 GiB.
  local jobs memory
  jobs=$(nproc)
  memory=$(awk '/^MemAvailable:/{print int($2 / 1048576)}' /proc/meminfo)
  ((memory < jobs)) && jobs=$((memory > 1 ? memory : 1))
  local targets=()
  (($#)) && targets=(--target "$@")
  NINJA_STATUS='[%f/%t %es] ' cmake --build "$top/build/$preset" -j "$jobs" "${targets[@]}" || die "the build failed"
}
