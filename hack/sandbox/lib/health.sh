# Health: one check a part, all asked at the same time.
# shellcheck shell=bash

SANDBOX_PARTS=(
  ceph-mon ceph-osd ceph-rgw
  etcd kube-apiserver kube-controller-manager kube-scheduler kube-proxy
  containerd-node-a containerd-node-b kubelet-node-a kubelet-node-b
)

# part_is_healthy NAME: its process is there and it does its work.
part_is_healthy() {
  is_running "$1" || return 1
  case $1 in
    ceph-mon) monitor_is_healthy ;;
    ceph-osd) bucket_is_there ;; # an OSD that does not answer blocks whoever reads
    ceph-rgw) rgw_is_healthy ;;
    etcd) etcd_is_healthy ;;
    kube-apiserver) api_server_is_ready ;;
    kube-controller-manager) controller_manager_is_healthy ;;
    kube-scheduler) scheduler_is_healthy ;;
    kube-proxy) proxy_is_healthy ;;
    containerd-*) containerd_is_healthy "${1#containerd-}" ;;
    kubelet-*) kubelet_is_healthy "${1#kubelet-}" && node_is_ready "${1#kubelet-}" ;;
    *) die "no such part: $1" ;;
  esac
}

# Prints "NAME PID STATE" for each part; fails unless all are healthy.
health_report() {
  local part answers pid failed=0
  answers=$(mktemp -d)
  for part in "${SANDBOX_PARTS[@]}"; do
    (part_is_healthy "$part" >/dev/null 2>&1 </dev/null && touch "$answers/$part") &
  done
  wait
  for part in "${SANDBOX_PARTS[@]}"; do
    pid=$(running_pid "$part") || pid=-
    if [[ -e $answers/$part ]]; then
      printf '%-26s %8s  healthy\n' "$part" "$pid"
    else
      failed=1
      if [[ $pid == - ]]; then
        printf '%-26s %8s  not running\n' "$part" -
      else
        printf '%-26s %8s  not healthy, log: %s\n' "$part" "$pid" "$(daemon_log "$part")"
      fi
    fi
  done
  rm -rf "$answers"
  return "$failed"
}

any_part_runs() {
  local part
  for part in "${SANDBOX_PARTS[@]}"; do
    if is_running "$part"; then return 0; fi
  done
  return 1
}
