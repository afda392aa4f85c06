# Daemons of the sandbox: started with a pid file that also says which process it means, stopped only when it still is that one.
# shellcheck shell=bash

pid_file() { printf '%s/pids/%s\n' "$SANDBOX_RUN" "$1"; }

# Field 22 of /proc/PID/stat, ticks since boot; the name in field 2 may hold spaces and parentheses.
process_start_time() {
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  stat=${stat##*) }
  # shellcheck disable=SC2086 # fields are to be split
  set -- $stat
  # A zombie is dead.
  [[ $1 != [ZX] ]] && printf '%s\n' "${20}"
}

# process_identity PID: changes when the pid is reused, and when the machine was booted anew.
process_identity() {
  local start
  start=$(process_start_time "$1") && printf '%s %s %s\n' "$1" "$start" "$(</proc/sys/kernel/random/boot_id)"
}

# Prints the pid of a daemon that is alive.
running_pid() {
  local pid recorded
  { read -r recorded <"$(pid_file "$1")"; } 2>/dev/null || return 1
  pid=${recorded%% *}
  [[ $pid && $(process_identity "$pid") == "$recorded" ]] && printf '%s\n' "$pid"
}

is_running() { running_pid "$1" >/dev/null; }

daemon_log() { printf '%s/%s.log\n' "$SANDBOX_LOGS" "$1"; }

# All but standard input, output and error.
close_inherited_descriptors() {
  local path fd
  for path in "/proc/$BASHPID/fd/"*; do
    fd=${path##*/}
    # The one that listed them is closed already.
    if ((fd > 2)); then exec {fd}>&-; fi
  done
}

# start_daemon NAME command [argument …]: does nothing when it runs already.
start_daemon() {
  local name=$1 pid
  shift
  if is_running "$name"; then return 0; fi
  mkdir -p "$SANDBOX_RUN/pids" "$SANDBOX_LOGS"
  (
    # A daemon must not hold what those who started it had open: the sandbox's lock, or one of theirs.
    close_inherited_descriptors
    # In the cgroup first: a kill before the pid file is written would leave a process that nobody knows.
    join_sandbox_cgroup
    exec setsid "$@"
  ) >>"$(daemon_log "$name")" 2>&1 </dev/null &
  pid=$!
  process_identity "$pid" >"$(pid_file "$name")"
}

# stop_daemon NAME SECONDS: asks, waits, and then kills.
stop_daemon() {
  local name=$1 patience=${2:-10} pid
  if pid=$(running_pid "$name"); then
    kill -TERM "$pid" 2>/dev/null || true
    if ! wait_until "$patience" "$name to stop" not is_running "$name" 2>/dev/null; then
      kill -KILL "$pid" 2>/dev/null || true
      wait_until 10 "$name to be gone" not is_running "$name"
    fi
  fi
  rm -f "$(pid_file "$name")"
}

not() { ! "$@"; }

# Dies with the end of the daemon's log unless the daemon is there and the check succeeds in time.
wait_for_daemon() {
  local name=$1 limit=$2
  shift 2
  if ! wait_until "$limit" "$name" daemon_answers_or_died "$name" "$@" || ! is_running "$name"; then
    printf -- '--- end of %s\n' "$(daemon_log "$name")"
    tail -n 20 "$(daemon_log "$name")"
    return 1
  fi
}

daemon_answers_or_died() {
  local name=$1
  shift
  if ! is_running "$name"; then return 0; fi
  "$@"
}
