#!/usr/bin/env bash
# OpenCV needs libGL and glib from the system. Installs them where that is allowed, otherwise says which line to run.
set -euo pipefail
if ldconfig -p 2>/dev/null | grep -q 'libGL\.so\.1' && ldconfig -p | grep -q 'libgthread-2\.0\.so\.0'; then
  exit 0
fi
install='apt-get install -y --no-install-recommends libgl1 libglib2.0-0'
if [[ $(uname -s) == Linux && $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
  apt-get update -q >/dev/null && $install >/dev/null
elif [[ $(uname -s) == Linux ]]; then
  echo "OpenCV needs libGL and glib, which are not here. On Debian and Ubuntu: sudo $install" >&2
  exit 1
fi
