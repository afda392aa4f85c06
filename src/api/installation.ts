// The names under which config/default installs the operator, where its flags say no others.

export const INSTALLATION = {
  systemNamespace: 'packetcapture-system',
  jobsNamespace: 'packetcapture-jobs',
  /** Of the Deployment, its Lease, and the label app.kubernetes.io/name of its pods. */
  operator: 'packetcapture-operator',
  /** The ServiceAccount and the PriorityClass of capture pods. */
  agent: 'packetcapture-agent',
} as const;
