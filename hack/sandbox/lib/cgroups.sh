# Control groups: one for our own processes, and the roots of the kubelets' pods, on cgroup v1, v2 or both.
# shellcheck shell=bash

cgroup_hierarchies() {
  awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/mounts
}

# Where our own processes are counted: the pids hierarchy of v1, else the unified one.
sandbox_cgroup_folder() {
  if [[ -d /sys/fs/cgroup/pids ]]; then
    printf '%s\n' "/sys/fs/cgroup/pids/$SANDBOX_CGROUP"
  else
    printf '%s\n' "/sys/fs/cgroup/$SANDBOX_CGROUP"
  fi
}

# Called by the process that is to become a daemon.
join_sandbox_cgroup() {
  local folder
  folder=$(sandbox_cgroup_folder)
  mkdir -p "$folder"
  printf '%s\n' "$BASHPID" >"$folder/cgroup.procs"
}

# A cpuset of v1 is empty when made, and takes no process until it was copied down.
make_cgroup() {
  local path=$1 hierarchy file
  for hierarchy in $(cgroup_hierarchies); do
    mkdir -p "$hierarchy$path"
    for file in cpuset.cpus cpuset.mems; do
      if [[ -f $hierarchy/$file && -f $hierarchy$path/$file && -z $(<"$hierarchy$path/$file") ]]; then
        cat "$hierarchy/$file" >"$hierarchy$path/$file"
      fi
    done
  done
}

kubelet_cgroup() { printf '%s/kubepods\n' "${1%/}"; }

# Every process in a cgroup of ours or below it: daemons, shims, and what runs in containers.
sandbox_processes() {
  local hierarchy node
  {
    processes_below "$(sandbox_cgroup_folder)"
    for hierarchy in $(cgroup_hierarchies); do
      for node in "${SANDBOX_NODES[@]}"; do
        processes_below "$hierarchy$(kubelet_cgroup "${SANDBOX_CGROUP_ROOT[$node]}")"
      done
    done
  } | sort -nu
}

processes_below() {
  if [[ -d $1 ]]; then
    find "$1" -name cgroup.procs -exec cat {} + 2>/dev/null || true
  fi
}

kill_sandbox_processes() {
  local pid round
  for round in 1 2 3 4 5 6 7 8 9 10; do
    mapfile -t left < <(sandbox_processes)
    if ((${#left[@]} == 0)); then return 0; fi
    for pid in "${left[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
    sleep "0.$round"
  done
  printf 'these processes do not die: %s\n' "${left[*]}"
  return 1
}

remove_cgroups() {
  local hierarchy node path
  for hierarchy in $(cgroup_hierarchies); do
    remove_cgroup_tree "$hierarchy/$SANDBOX_CGROUP"
    for node in "${SANDBOX_NODES[@]}"; do
      path=${SANDBOX_CGROUP_ROOT[$node]}
      remove_cgroup_tree "$hierarchy$(kubelet_cgroup "$path")"
      if [[ $path != / ]]; then remove_cgroup_tree "$hierarchy$path"; fi
    done
  done
}

remove_cgroup_tree() {
  if [[ -d $1 ]]; then
    # A cgroup that still holds somebody's process stays, and that is right.
    find "$1" -depth -type d -exec rmdir {} \; || true
  fi
}
