#!/bin/bash
# Make .venv from uv.lock; fetch uv into .maillon/uv first when this machine has none.
set -euo pipefail
cd "$(dirname "$0")/.."
unset PYTHONDONTWRITEBYTECODE VIRTUAL_ENV

say() { printf '%s\n' "$*" >&2; }

need_apt() {
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing $* with apt-get"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
  else
    say "missing: $*. Install it and try again, on Debian with: sudo apt-get install $*"
    exit 1
  fi
}

fetch_uv() {
  say "uv is not on this machine: putting it into .maillon/uv"
  command -v python3 >/dev/null || need_apt python3 python3-venv
  rm -rf .maillon/uv
  if ! python3 -m venv .maillon/uv >/dev/null 2>&1; then
    need_apt python3-venv
    rm -rf .maillon/uv
    python3 -m venv .maillon/uv
  fi
  .maillon/uv/bin/pip install --quiet --disable-pip-version-check uv
}

if uv --version >/dev/null 2>&1; then
  uv=uv
else
  uv=.maillon/uv/bin/uv
  "$uv" --version >/dev/null 2>&1 || fetch_uv
fi

# Imports are several times slower without compiled bytecode.
"$uv" sync --all-groups --frozen --compile-bytecode
touch .venv/.in-step-with-lock
