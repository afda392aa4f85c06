# The subcommands: what each does, in which order.
# shellcheck shell=bash

require_root() { ((EUID == 0)) || die "needs root: it makes bridges, mounts and control groups"; }

# One at a time on the whole machine, whatever the checkout.
take_lock() {
  require_root
  exec {SANDBOX_LOCK_FD}>/run/packetcapture-sandbox.lock
  if ! flock --nonblock "$SANDBOX_LOCK_FD"; then
    say 'another sandbox command is at work on this machine; waiting for it'
    flock "$SANDBOX_LOCK_FD"
  fi
  if [[ -s $SANDBOX_RUN/state && $(<"$SANDBOX_RUN/state") != "$SANDBOX_STATE" ]] && any_part_runs; then
    die "the sandbox that runs on this machine has its state in $(<"$SANDBOX_RUN/state"), and this command looks in $SANDBOX_STATE: set PACKETCAPTURE_SANDBOX_STATE"
  fi
  mkdir -p "$SANDBOX_CACHE" "$SANDBOX_LOGS"
  unmount_below "$SANDBOX_CACHE/work"
  rm -rf --one-file-system "$SANDBOX_CACHE/work"
}

sandbox_up() {
  local started status
  started=$(milliseconds)
  require_known_store
  take_lock
  if store_is_as_wanted && health_report >/dev/null; then
    say "the sandbox runs already ($(seconds_since "$started"))"
    return
  fi
  prepare_machine
  if any_part_runs; then
    if store_is_as_wanted; then
      say 'some parts run, others do not: starting those'
    else
      say "PACKETCAPTURE_SANDBOX_STORE is $SANDBOX_S3_STORE, and the bucket of the sandbox that runs is kept in another way ($(store_kind)): it is made anew, and empty"
    fi
    set +e
    (
      set -e
      start_sandbox
    )
    status=$?
    set -e
    if [[ $status -ne 0 ]]; then
      say 'that did not help: starting anew'
      clean_machine
      start_sandbox
    fi
  else
    clean_machine
    start_sandbox
  fi
  say "the sandbox is up ($(seconds_since "$started")); use it with: eval \"\$($SANDBOX_SOURCE/sandbox env)\""
}

# What needs the network or much time happens once, and is kept.
prepare_machine() {
  local missing
  mapfile -t missing < <(missing_packages "${SANDBOX_PACKAGES[@]}")
  if ((${#missing[@]})); then
    step "Debian packages: ${#missing[@]} missing" install_packages "${SANDBOX_PACKAGES[@]}"
  fi
  if ! kubernetes_is_cached; then
    step 'Kubernetes from its Debian source package (about 5 minutes)' build_kubernetes
  fi
  if [[ ! -s $(pause_archive) ]]; then step 'pause image' make_pause_archive; fi
  if [[ ! -s $(debian_base_archive) ]]; then step 'Debian base (about 1 minute)' make_debian_base; fi
  if [[ ! -s $(toolbox_archive) ]]; then step 'toolbox image' make_toolbox_archive; fi
}

clean_machine() {
  step 'cleaning up after an earlier sandbox' undo_all
}

undo_all() {
  stop_everything
  remove_everything
}

start_sandbox() {
  local node
  step 'folders' make_folders
  step 'network: bridge, addresses, forwarding' start_network
  step 'S3 keys' make_s3_keys
  start_store
  step 'certificates and kubeconfigs' make_credentials
  step 'etcd' start_etcd
  step 'API server' start_api_server
  step 'controller manager' start_controller_manager
  step 'scheduler' start_scheduler
  step 'roles of the API server at the kubelets' bind_kubelet_admin
  step 'kube-proxy' start_proxy
  for node in "${SANDBOX_NODES[@]}"; do step "$node: containerd" start_containerd "$node"; done
  step 'images: pause' import_once "$(pause_archive)" pause "$(file_version "$(pause_archive)")"
  for node in "${SANDBOX_NODES[@]}"; do step "$node: kubelet" start_kubelet "$node"; done
  step 'images: toolbox' import_once "$(toolbox_archive)" toolbox "$(file_version "$(toolbox_archive)")"
  for node in "${SANDBOX_NODES[@]}"; do step "$node: Ready" wait_for_kubelet "$node"; done
  step 'default service account' wait_until 30 'the default service account' default_service_account_is_there
}

# The binaries are found through the state, so that a checkout with another cache still serves the running sandbox.
make_folders() {
  mkdir -p "$SANDBOX_RUN" "$SANDBOX_STATE"
  printf '%s\n' "$SANDBOX_STATE" >"$SANDBOX_RUN/state"
  ln -sfn "$(realpath "$SANDBOX_CACHE/kubernetes/current")" "$SANDBOX_STATE/kubernetes"
}

make_credentials() {
  make_certificates
  write_kubeconfigs
}

default_service_account_is_there() { sandbox_kubectl get serviceaccount default; }

# In RAM nothing is left of a store without its OSD, and without its monitor nothing of it answers; one in a file is treated alike.
start_store() {
  if ! is_running ceph-mon || ! is_running ceph-osd || [[ ! -s $(ceph_folder)/complete ]] || ! store_is_as_wanted; then
    step 'Ceph: what is left of an earlier one' remove_store
    step 'Ceph: configuration' write_ceph_config
    step 'Ceph: monitor' start_monitor
    step 'Ceph: OSD' start_osd
    step 'Ceph: S3 user' make_s3_user
  fi
  step 'Ceph: RGW' start_rgw
  step "S3: bucket $SANDBOX_S3_BUCKET" make_bucket
  date >"$(ceph_folder)/complete"
}

remove_store() {
  stop_daemon ceph-rgw 2
  stop_daemon ceph-osd 2
  stop_daemon ceph-mon 2
  rm -rf "$(ceph_folder)"
}

sandbox_down() {
  take_lock
  step 'stopping all processes' stop_everything
  step 'removing what they made' remove_everything
  rm -rf --one-file-system "$SANDBOX_STATE"
}

# restart_command PART: how start_sandbox starts it, for parts whose work outlives their process.
restart_command() {
  case $1 in
    kube-apiserver) printf 'start_api_server\n' ;;
    kube-controller-manager) printf 'start_controller_manager\n' ;;
    kube-scheduler) printf 'start_scheduler\n' ;;
    containerd-*) printf 'start_containerd %s\n' "${1#containerd-}" ;;
    kubelet-*) printf 'start_kubelet %s\n' "${1#kubelet-}" ;;
    *) return 1 ;;
  esac
}

# As by a crash: no part gets to say goodbye.
sandbox_restart() {
  local part=$1 seconds=$2 pid
  local -a start
  read -ra start < <(restart_command "$part") || die "no part that can be restarted: $part"
  take_lock
  pid=$(running_pid "$part") || die "$part does not run; start it with: $SANDBOX_SOURCE/sandbox up"
  kill -KILL "$pid"
  wait_until 10 "$part to be gone" not is_running "$part"
  sleep "$seconds"
  step "$part" "${start[@]}"
  step "$part: healthy" wait_for_daemon "$part" 60 part_is_healthy "$part"
}

sandbox_status() {
  require_root
  health_report
}

sandbox_env() {
  [[ -s $(sandbox_kubeconfig) && -s $SANDBOX_STATE/s3-keys ]] || die "there is no sandbox; start it with: $SANDBOX_SOURCE/sandbox up"
  local assets
  assets=$(realpath "$SANDBOX_STATE/kubernetes")
  printf 'export %s=%q\n' \
    KUBECONFIG "$(sandbox_kubeconfig)" \
    KUBEBUILDER_ASSETS "$assets" \
    SANDBOX_SERVICE_ACCOUNT_KEY "$SANDBOX_STATE/pki/service-account.key" \
    SANDBOX_S3_ENDPOINT "$(s3_endpoint)" \
    SANDBOX_S3_ACCESS_KEY_ID "$(s3_access_key_id)" \
    SANDBOX_S3_SECRET_ACCESS_KEY "$(s3_secret_access_key)" \
    SANDBOX_S3_BUCKET "$SANDBOX_S3_BUCKET" \
    SANDBOX_S3_REGION "$SANDBOX_S3_REGION" \
    SANDBOX_S3_STORE "$(store_kind)"
  printf 'export SANDBOX_NODES="%s"\n' "${SANDBOX_NODES[*]}"
  # shellcheck disable=SC2016 # the caller's PATH
  printf 'export PATH=%q:"$PATH"\n' "$assets"
}

require_nodes() {
  local node
  for node in "${SANDBOX_NODES[@]}"; do
    is_running "containerd-$node" || die "there is no node to import into; start the sandbox with: $SANDBOX_SOURCE/sandbox up"
  done
}

sandbox_load() {
  local file
  file=$(cd "$SANDBOX_CALLER_FOLDER" && realpath "$1")
  [[ -s $file ]] || die "no such file: $1"
  take_lock
  require_nodes
  step "import $(basename "$file")" import_archive "$file"
}
