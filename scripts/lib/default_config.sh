# Sourced by scripts/run: a first configuration, and what one says.
# shellcheck shell=bash
# shellcheck disable=SC2154  # top comes from common.sh

# port_taken <port>: does any socket of this machine use it, over any protocol?
port_taken() {
  local hex
  printf -v hex '%04X' "$1"
  cat /proc/net/{udp,udp6,tcp,tcp6} 2>/dev/null | awk -v end=":$hex\$" '$2 ~ end {taken=1} END {exit !taken}'
}

# free_port <first> <step>: the first port from there on that nobody uses.
free_port() {
  local port=$1
  while port_taken "$port"; do
    port=$((port + $2))
    ((port <= 65535)) || die "expected a free port from $1 on, found none"
  done
  printf '%s' "$port"
}

# The address that phones in the same network reach.
primary_address() {
  local address=
  if command -v ip >/dev/null; then
    address=$(ip -4 route get 192.0.2.1 2>/dev/null | sed -n 's/.* src \([0-9.]*\).*/\1/p') || address=
  fi
  [[ -n $address ]] || address=$(hostname -I 2>/dev/null | tr ' ' '\n' | grep -m1 -E '^[0-9]+(\.[0-9]+){3}$') || address=
  printf '%s' "${address:-127.0.0.1}"
}

# About 70 bits, in letters and digits that nobody mistakes for one another.
new_password() { head -c 512 /dev/urandom | LC_ALL=C tr -dc 'a-hjkmnp-z2-9' | cut -c 1-14; }

# write_default_config <folder> <address> <admin address> <policy file> [<file for a SIP trace>]
write_default_config() {
  local folder=$1 address=$2 admin=$3 policy=$4 trace=${5:-}
  local sip sbc_port relay_port socket=$folder/relay.sock control=$folder/sbc.control
  sip=$(free_port 5060 2)
  sbc_port=$(free_port 9580 1)
  relay_port=$(free_port 9091 1)
  # The path of a Unix socket has room for 107 bytes: then relative, since both processes start in one folder.
  ((${#socket} < 100)) || socket=$(realpath --relative-to="$top" "$folder")/relay.sock
  # sbcctl may be called from anywhere: absolute, or not at all.
  control=$(realpath -m "$control")
  if ((${#control} < 108)); then
    control="control = \"$control\""
  else
    control="# control: the path of this folder is too long for a socket"
  fi
  (
    umask 077
    mkdir -p "$folder"
    cat >"$folder/relay.toml" <<TOML
# media-relay, written by scripts/run because there was none. Every key: deploy/config/relay.toml

[network.access]
bind = "$address"

[control]
socket = "$socket"

[limits]
sessions = 4000                # each needs four open files for each media line

[metrics]
listen = "$admin:$relay_port"

[log]
level = "warn"
TOML
    cat >"$folder/sbc.toml" <<TOML
# sbc, written by scripts/run because there was none. Every key: deploy/config/sbc.toml
# The passwords below were drawn for this file; change them as you like.

[process]
stop_grace = "5s"

[realm.access]
domains = ["$address"]
# Any phone can talk. With TLS listeners: "sdes", "dtls" or "webrtc", or "best-effort" (deploy/config/sbc.toml).
media_security = "none"

  [[realm.access.listener]]
  transport = "udp"
  bind = "$address:$sip"

  [[realm.access.listener]]
  transport = "tcp"
  bind = "$address:$sip"

  [realm.access.registrar]
  # Phones that know only MD5 (baresip 1 is one of them) give up when anything else is offered beside it. If all of
  # yours know better: ["SHA-256", "MD5"] or ["SHA-256"] (RFC 8760).
  algorithms = ["MD5"]

[[user]]
name = "alice"
password = "$(new_password)"

[[user]]
name = "bob"
password = "$(new_password)"

# A carrier or PBX: README.md, "A first trunk".
# [realm.core]
#   media_security = "none"
#   [[realm.core.listener]]
#   transport = "udp"
#   bind = "$address:$((sip + 20))"
# [trunk.carrier]
# realm = "core"
# targets = ["192.0.2.1:5060"]
# sources = ["192.0.2.0/24"]

[relay.local]
socket = "$socket"

[policy]
file = "$policy"

[admin]
listen = "$admin:$sbc_port"
$control

[log]
level = "warn"
TOML
    [[ -z $trace ]] || printf 'sip_trace = "%s"\n' "$trace" >>"$folder/sbc.toml"
  )
}

# setting <file> <table> <key>: the value of a plain string key, as it stands in the file; with several, one per line.
setting() {
  awk -v table="$2" -v key="$3" '
    /^[ \t]*\[/ { name = $0; gsub(/^[ \t]*\[+|\]+.*$/, "", name); next }
    name == table && $0 ~ "^[ \t]*" key "[ \t]*=" {
      value = $0; sub(/^[^=]*=[ \t]*"?/, "", value); sub(/"?[ \t]*(#.*)?$/, "", value); print value
    }' "$1"
}

# listeners <sbc.toml>: transport, bound address and realm of each, one per line.
listeners() {
  awk '
    function put() { if (bind != "") print transport, bind, realm; bind = ""; transport = "udp" }
    /^[ \t]*\[/ {
      put()
      inside = ($0 ~ /^[ \t]*\[\[realm\.[^.]*\.listener\]\]/)
      if (inside) { split($0, part, "."); realm = part[2] }
      next
    }
    inside && /^[ \t]*(transport|bind)[ \t]*=/ { split($0, part, "\""); if ($1 ~ /^bind/) bind = part[2]; else transport = part[2] }
    END { put() }' "$1"
}

# users <sbc.toml>: name and password of each, one per line.
users() {
  paste -d ' ' <(setting "$1" user name) <(setting "$1" user password) | head -n 20
}
