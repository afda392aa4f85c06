# Kernel parameters that the sandbox, its kubelets or kube-proxy set for the whole machine; `down` gives back what was there.
# shellcheck shell=bash

CHANGED_KERNEL_PARAMETERS=(
  net/ipv4/ip_forward
  net/bridge/bridge-nf-call-iptables
  # kube-proxy's
  net/ipv4/conf/all/route_localnet
  # the kubelet's
  vm/overcommit_memory kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes
)

remember_kernel_parameters() {
  local parameter saved=$SANDBOX_STATE/machine/kernel-parameters
  # What is there at a second start is our own.
  if [[ -s $saved ]]; then return 0; fi
  mkdir -p "$SANDBOX_STATE/machine"
  for parameter in "${CHANGED_KERNEL_PARAMETERS[@]}"; do
    if [[ -r /proc/sys/$parameter ]]; then printf '%s %s\n' "$parameter" "$(<"/proc/sys/$parameter")"; fi
  done >"$saved.new"
  mv "$saved.new" "$saved"
}

set_kernel_parameter() { printf '%s\n' "$2" >"/proc/sys/$1"; }

restore_kernel_parameters() {
  local parameter value
  if [[ ! -s $SANDBOX_STATE/machine/kernel-parameters ]]; then return 0; fi
  while read -r parameter value; do
    if [[ -r /proc/sys/$parameter && $(<"/proc/sys/$parameter") != "$value" ]]; then
      set_kernel_parameter "$parameter" "$value"
    fi
  done <"$SANDBOX_STATE/machine/kernel-parameters"
}
