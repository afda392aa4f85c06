# The images every sandbox has: pause, and a toolbox for test workloads. Made from Debian packages, kept in the cache.
# shellcheck shell=bash

pause_archive() { printf '%s/images/pause.tar\n' "$SANDBOX_CACHE"; }

toolbox_archive() { printf '%s/images/toolbox.tar\n' "$SANDBOX_CACHE"; }

# Toolbox: sh, python3 with its library (numbered UDP datagrams, HTTP), curl, ip, ss, tcpdump, ping.
TOOLBOX_PACKAGES=(python3 curl iproute2 iputils-ping netcat-openbsd procps tcpdump)

make_pause_archive() {
  local root
  if [[ -s $(pause_archive) ]]; then return 0; fi
  mkdir -p "$SANDBOX_CACHE/images"
  root=$(work_folder)
  chmod 755 "$root"
  install -D -m 755 /bin/busybox "$root/bin/sleep"
  make_docker_archive "$root" "$SANDBOX_PAUSE_IMAGE" "$(pause_archive)" '{"Cmd": ["/bin/sleep", "2147483647"]}'
  rm -rf "$root"
}

make_toolbox_archive() {
  local root
  if [[ -s $(toolbox_archive) ]]; then return 0; fi
  mkdir -p "$SANDBOX_CACHE/images"
  make_debian_base
  root=$(work_folder)
  unpack_debian_base "$root"
  install_in_root "$root" "${TOOLBOX_PACKAGES[@]}"
  make_docker_archive "$root" "$SANDBOX_TOOLBOX_IMAGE" "$(toolbox_archive)" \
    '{"Cmd": ["/bin/sh"], "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]}'
  rm -rf "$root"
}
