# Steps: what is printed while the sandbox works, how long each part took, and where its log is when it failed.
# shellcheck shell=bash

say() { printf '%s\n' "$*" >&2; }

die() {
  printf 'sandbox: %s\n' "$*" >&2
  exit 1
}

milliseconds() {
  local now=${EPOCHREALTIME/[.,]/}
  printf '%s\n' "$((now / 1000))"
}

# step "what it does" function [argument …]: runs the function with its output in a log of its own.
# The function runs in a subshell of its own, outside of any condition, because `set -e` counts only there.
step() {
  local title=$1 log started status=0
  shift
  log="$SANDBOX_LOGS/step-$1.log"
  started=$(milliseconds)
  printf '%-64s' "$title" >&2
  set +e
  (
    set -eE
    trap 'printf "exit status %s: %s (%s, line %s)\n" "$?" "$BASH_COMMAND" "${BASH_SOURCE[0]##*/}" "$LINENO"' ERR
    "$@"
  ) >"$log" 2>&1 </dev/null
  status=$?
  set -e
  if [[ $status -ne 0 ]]; then
    printf ' failed after %s\n' "$(seconds_since "$started")" >&2
    tail -n 25 "$log" | sed 's/^/    /' >&2
    die "\"$title\" failed (exit status $status); the whole log: $log"
  fi
  printf ' %8s\n' "$(seconds_since "$started")" >&2
}

seconds_since() {
  local elapsed=$(($(milliseconds) - $1))
  printf '%d.%02d s\n' "$((elapsed / 1000))" "$((elapsed % 1000 / 10))"
}

# wait_until SECONDS "what is waited for" command [argument …]: polls until the command succeeds.
wait_until() {
  local limit=$1 what=$2 deadline
  shift 2
  deadline=$(($(milliseconds) + limit * 1000))
  until "$@" >/dev/null 2>&1; do
    if (($(milliseconds) > deadline)); then
      printf 'waited %s s in vain for: %s (%s)\n' "$limit" "$what" "$*" >&2
      "$@" >&2 || true
      return 1
    fi
    sleep 0.1
  done
}
