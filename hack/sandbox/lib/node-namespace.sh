# A mount namespace a node: two nodes on one machine must not share /var/log/pods (each kubelet removes what is not of its
# own pods), nor the agent's spool folder; and with the namespace goes every mount that containerd and the kubelet made in it.
# shellcheck shell=bash

node_folder() { printf '%s/%s\n' "$SANDBOX_STATE" "$1"; }

node_namespace() { printf '%s/namespaces/%s\n' "$SANDBOX_RUN" "$1"; }

# What the node has for itself of /some/folder lies, seen from the machine, in STATE/NODE/host/some/folder.
make_node_namespace() {
  local node=$1 folders=$SANDBOX_RUN/namespaces file folder own cpu
  file=$(node_namespace "$node")
  if is_namespace_file "$file"; then return 0; fi
  mkdir -p "$folders"
  # A namespace can only be kept in a file on a mount that is private.
  if ! mountpoint -q "$folders"; then
    mount --bind "$folders" "$folders"
    mount --make-private "$folders"
  fi
  touch "$file"
  own=$(node_folder "$node")/host
  for folder in "${SANDBOX_NODE_FOLDERS[@]}"; do
    make_mount_point "$folder"
    mkdir -p "$own$folder"
  done
  # A kernel keeps a namespace only in one with a lower number, and newer kernels number by CPU:
  # where the sandbox itself runs in a namespace of its own, not every CPU will do.
  for cpu in $(seq 0 $(($(nproc --all) - 1))); do
    if unshare_node "$cpu" "$file" "$own"; then return 0; fi
  done
  return 1
}

# Nothing the node mounts reaches the machine, and inside it is as systemd makes a machine: shared.
unshare_node() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  taskset --cpu-list "$1" unshare --mount="$2" --propagation private bash -euc '
    mount --make-rshared /
    own=$1
    shift
    for folder in "$@"; do mount --bind "$own$folder" "$folder"; done
  ' bash "$3" "${SANDBOX_NODE_FOLDERS[@]}"
}

# Remembers what it made, for `down`.
make_mount_point() {
  if [[ -d $1 ]]; then return 0; fi
  mkdir -p "$1"
  printf '%s\n' "$1" >>"$SANDBOX_STATE/machine/folders"
}

remove_mount_points() {
  local folder
  if [[ -s $SANDBOX_STATE/machine/folders ]]; then
    while read -r folder; do
      # Whoever has put something there keeps it.
      rmdir "$folder" 2>/dev/null || true
    done <"$SANDBOX_STATE/machine/folders"
  fi
}

is_namespace_file() { [[ $(stat -f -c %T "$1" 2>/dev/null) == nsfs ]]; }

remove_node_namespaces() {
  local folders=$SANDBOX_RUN/namespaces node file
  for node in "${SANDBOX_NODES[@]}"; do
    file=$(node_namespace "$node")
    while is_namespace_file "$file"; do umount "$file"; done
  done
  while mountpoint -q "$folders"; do umount "$folders"; done
  rm -rf --one-file-system "$folders"
}

# Runs a command on the node, that is: in its mount namespace.
on_node_arguments() { printf '%s\n' nsenter "--mount=$(node_namespace "$1")" --; }
