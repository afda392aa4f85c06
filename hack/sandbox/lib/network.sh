# Network: the bridge that holds the nodes' addresses, and the kernel settings that routing between pods needs.
# shellcheck shell=bash

network_addresses() {
  printf '%s\n' "$SANDBOX_API_ADDRESS" "$SANDBOX_S3_ADDRESS" "${SANDBOX_NODE_ADDRESS[@]}"
}

network_bridges() {
  printf '%s\n' "$SANDBOX_NODE_BRIDGE" "${SANDBOX_POD_BRIDGE[@]}"
}

refuse_colliding_networks() {
  local network route ours
  ours=$(network_bridges | sed 's/^/dev /')
  for network in "$SANDBOX_NODE_NETWORK" "$SANDBOX_POD_NETWORK" "$SANDBOX_SERVICE_NETWORK"; do
    # Both directions: a route inside our network, and one other than the default that holds all of it.
    route=$({
      ip -4 route show root "$network"
      ip -4 route show match "$network"
    } | grep -v '^default' | grep -vwF "$ours" || true)
    [[ -z $route ]] || die "this machine already routes $network: $route; choose others in hack/sandbox/config"
  done
}

start_network() {
  local address
  refuse_colliding_networks
  remember_kernel_parameters
  ip link show "$SANDBOX_NODE_BRIDGE" >/dev/null 2>&1 || ip link add "$SANDBOX_NODE_BRIDGE" type bridge
  ip link set "$SANDBOX_NODE_BRIDGE" up
  for address in $(network_addresses); do
    ip addr replace "$address/${SANDBOX_NODE_NETWORK#*/}" dev "$SANDBOX_NODE_BRIDGE"
  done
  set_kernel_parameter net/ipv4/ip_forward 1
  # A pod that reaches a pod of its own bridge by the service's address gets its answers over the bridge alone.
  # Without this they would not pass the rules that translate them back.
  set_kernel_parameter net/bridge/bridge-nf-call-iptables 1
  allow_forwarding
}

# Where the machine's own policy is to drop what is forwarded (a container engine sets that), pods need their own rules.
forwarding_rules() {
  printf -- '-s %s -j ACCEPT\n-d %s -j ACCEPT\n' "$SANDBOX_POD_NETWORK" "$SANDBOX_POD_NETWORK"
}

allow_forwarding() {
  local rule words
  while read -r rule; do
    read -ra words <<<"$rule"
    iptables -w -C FORWARD "${words[@]}" 2>/dev/null || iptables -w -I FORWARD "${words[@]}"
  done < <(forwarding_rules)
}

stop_network() {
  local bridge port rule words
  while read -r rule; do
    read -ra words <<<"$rule"
    while iptables -w -D FORWARD "${words[@]}" 2>/dev/null; do :; done
  done < <(forwarding_rules)
  for bridge in $(network_bridges); do
    # Pods' ends of their cables go first: they outlive a bridge.
    if ip link show "$bridge" >/dev/null 2>&1; then
      ip -o link show master "$bridge" | sed -E 's/^[0-9]+: ([^:@]+).*/\1/' | while read -r port; do
        ip link del "$port" || true
      done
      ip link del "$bridge"
    fi
  done
}

# kube-proxy and the kubelets leave their chains behind; all have names that begin with KUBE-.
remove_service_rules() {
  local command table chains chain rule words
  for command in iptables ip6tables; do
    for table in filter nat mangle raw; do
      chains=$("$command" -w -t "$table" -S 2>/dev/null | awk '$1 == "-N" && $2 ~ /^KUBE-/ { print $2 }' || true)
      if [[ -z $chains ]]; then continue; fi
      "$command" -w -t "$table" -S | awk '/^-A / && $2 !~ /^KUBE-/ && / -j KUBE-/' | while read -r rule; do
        # Comments are quoted as a shell quotes.
        eval "words=(${rule/#-A/-D})"
        "$command" -w -t "$table" "${words[@]}" || true
      done
      for chain in $chains; do "$command" -w -t "$table" -F "$chain"; done
      for chain in $chains; do "$command" -w -t "$table" -X "$chain"; done
    done
  done
}
