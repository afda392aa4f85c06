# The stand-in for the Dockerfile's base image, node:24-bookworm-slim: Debian by debootstrap, Node and npm from npm packages.
# shellcheck shell=bash

NODE_BASE_IMAGE=localhost/node:24-bookworm-slim

node_base_archive() { printf '%s/images/node-base.tar\n' "$SANDBOX_CACHE"; }

make_node_base() {
  local root work node
  if [[ -s $(node_base_archive) ]]; then return 0; fi
  command -v npm >/dev/null || die 'sandbox image needs npm on this machine, to fetch Node for the base image'
  make_debian_base
  work=$(work_folder)
  root=$work/root
  mkdir "$root"
  unpack_debian_base "$root"
  # The package's install script puts the real binary in its bin folder.
  (cd "$work" && npm install --no-save --ignore-scripts=false --prefix "$work/node" node@24)
  node=$work/node/node_modules/node/bin/node
  install -D -m 755 "$(realpath "$node")" "$root/usr/local/bin/node"
  ln -s node "$root/usr/local/bin/nodejs"
  # npm 11 refuses a lock file without other platforms' optional packages, and a partial mirror cannot offer those.
  (cd "$work" && npm install --global --prefix "$root/usr/local" npm@10)
  # How this machine's npm reaches its registry; the image's own users have another.
  {
    printf 'cafile=/etc/ssl/certs/ca-certificates.crt\n'
    printf 'registry=%s\n' "$(npm config get registry)"
  } >"$root/usr/local/etc/npmrc.new"
  install -D -m 644 "$root/usr/local/etc/npmrc.new" "$root/usr/local/etc/npmrc"
  rm "$root/usr/local/etc/npmrc.new"
  printf 'node:x:1000:\n' >>"$root/etc/group"
  printf 'node:x:1000:1000::/home/node:/bin/bash\n' >>"$root/etc/passwd"
  install -d -o 1000 -g 1000 "$root/home/node"
  make_docker_archive "$root" "$NODE_BASE_IMAGE" "$(node_base_archive)" "$(jq -n --arg version "$("$node" --version)" '{
    Cmd: ["node"],
    Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "NODE_VERSION=\($version[1:])"]
  }')"
  rm -rf "$work"
}
