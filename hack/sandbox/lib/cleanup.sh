# Undoes everything a sandbox made on this machine, however that sandbox ended; the cache stays.
# shellcheck shell=bash

# /kubepods is every kubelet's. Where there is no cgroup of our own, the pods in it are not ours to kill.
refuse_other_clusters() {
  local hierarchy node found
  if [[ -d $(sandbox_cgroup_folder) ]]; then return 0; fi
  for hierarchy in $(cgroup_hierarchies); do
    for node in "${SANDBOX_NODES[@]}"; do
      found=$(processes_below "$hierarchy$(kubelet_cgroup "${SANDBOX_CGROUP_ROOT[$node]}")")
      [[ -z $found ]] || die "pods of another cluster run on this machine, in $hierarchy$(kubelet_cgroup "${SANDBOX_CGROUP_ROOT[$node]}"): not touching them"
    done
  done
}

stop_everything() {
  local node
  refuse_other_clusters
  # kubelets first, so that nothing starts containers again.
  for node in "${SANDBOX_NODES[@]}"; do stop_daemon "kubelet-$node" 2; done
  # Then all that is in our cgroups, without asking: none of it is kept, and what it made is removed below.
  kill_sandbox_processes
  rm -rf "$SANDBOX_RUN/pids"
}

remove_everything() {
  stop_network
  remove_service_rules
  remove_node_namespaces
  unmount_below "$SANDBOX_STATE"
  unmount_below "$SANDBOX_RUN"
  unmount_below "$SANDBOX_CACHE"
  remove_cgroups
  remove_mount_points
  restore_kernel_parameters
  # Never through a mount that is somehow still there.
  rm -rf --one-file-system "$SANDBOX_RUN"
  # The log of this very step is there.
  find "$SANDBOX_STATE" -mindepth 1 -maxdepth 1 ! -name logs -exec rm -rf --one-file-system {} +
}

unmount_below() {
  local mount
  awk -v folder="$1/" 'index($5, folder) == 1 { print $5 }' /proc/self/mountinfo | sort -r | while read -r mount; do
    umount "$mount" || umount --lazy "$mount"
  done
}
