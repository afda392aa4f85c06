// docs/metrics.md, from the catalogue of metrics.
import { METRICS, type Metric } from '../../src/operator/metrics/catalogue.js';
import { cell } from './api/markdown.js';

const all = Object.entries(METRICS) as [string, Metric][];

const HEAD = `# Metrics

Each replica of the operator answers \`GET /metrics\` on port 8080 (\`--metrics-port\`, [flags.md](flags.md)) in Prometheus' text format, without TLS and without asking who reads. Capture pods listen on nothing and have no metrics of their own: what they report reaches the operator with their status, and is counted there.

No series names a tenant's namespace, capture, pod, file or key, whatever runs. Names that do stand in labels are the platform's: nodes and destinations.

## Who may scrape

Where the cluster's network enforces NetworkPolicies, port 8080 is open to pods of namespaces that have a label, and to nobody else. Label the one in which Prometheus runs:

\`\`\`sh
kubectl label namespace monitoring packetcapture.dev/metrics=enabled
\`\`\`

The label admits every pod of that namespace. Another \`--metrics-port\` needs the port in \`config/networkpolicies/system.yaml\` and in the Deployment changed as well; \`--metrics-port=0\` has the operator listen on none.

To look at it by hand, without that label:

\`\`\`sh
kubectl port-forward -n packetcapture-system deployment/packetcapture-operator 8080
curl -s http://localhost:8080/metrics
\`\`\`

## How to scrape

Prometheus has to scrape each replica by itself: which one leads changes. For the Prometheus operator there is a component, with the alerts: [alerts.md](alerts.md). For any other it takes a Service without an address of its own, which has DNS name the replicas, and a job that asks DNS, which needs no rights in the cluster:

\`\`\`yaml
apiVersion: v1
kind: Service
metadata: {name: packetcapture-operator-metrics, namespace: packetcapture-system}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector: {app.kubernetes.io/name: packetcapture-operator}
  ports: [{name: metrics, port: 8080}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: prometheus, namespace: monitoring}
data:
  prometheus.yml: |
    scrape_configs:
    - job_name: packetcapture-operator
      dns_sd_configs:
      - names: [packetcapture-operator-metrics.packetcapture-system.svc]
        type: A
        port: 8080
\`\`\`

A Prometheus that finds pods by annotations is told by a patch in your own kustomization:

\`\`\`yaml
patches:
- target: {kind: Deployment, name: packetcapture-operator}
  patch: |
    - op: add
      path: /spec/template/metadata/annotations
      value: {prometheus.io/scrape: "true", prometheus.io/port: "8080"}
\`\`\`

Every 15 to 60 seconds is enough: the operator counts captures when it is asked, and whoever asks twice within half a second hears the same twice. With 5,000 captures in its memory a replica on a busy machine took 8 ms for an answer (the median of 30), of 28 kB.

## Who has which series

**Of a replica**: each replica has these, always. **Of the installation**: only the replica that leads has these, so that a sum over replicas is right; counters begin at 0 with each leader, which \`rate()\` and \`increase()\` take for a restart. While nobody leads nobody has them: \`packetcapture_leader\` tells the two apart.

Series whose label values are listed below are there from the start, at 0. What happens between the start of a leader and the first scrape of it is in the counters, and no \`increase()\` shows it.

Gauges of captures are counted from the objects' status: they say what \`kubectl get packetcaptures -A\` says. A capture whose object is deleted is in none of them, also while its agent still delivers.

## What the counters of runs count

Once a second, and of a flight recorder that only records every five seconds, the operator reads what each agent reports, and counts what is new:

- **A packet is counted once**, whichever replicas lead meanwhile. One that begins to lead takes for counted what run records and statuses say. Where its predecessor could not write its last numbers, the packets of up to ten seconds of each capture that runs are counted again. Nothing of a finished run ever is.
- **A run that finished** is counted when its result is final. One that is \`Failed\` for the time being, because its bucket is down or its node does not answer, is in \`packetcapture_captures{phase="Failed"}\` and in no counter yet.
- **A packet that is lost** is counted when nobody can deliver it any more: what a node holds that does not answer is pending until its run is settled, then \`SpoolLost\`. \`DroppedByKernel\` is tcpdump's own upper bound: on \`any\` and \`lo\` it may count a packet twice. What flight recorders let go is \`packetcapture_released_packets_total\` and no loss.
- **Gaps** are those that nobody asked for: a suspension is none.
- **Durations** are those of files, from the first request of the try that succeeded. **Errors** are those of files and manifests. Both begin with the agent: what one uploads while nobody leads is in the packets and in no duration.

A counter takes nothing back. What may be off by how much is told in [a decision](adr/0030-agents-numbers-travel-in-reports.md).
`;

const TAIL = `## The process

Beside these each replica has \`process_*\` and \`nodejs_*\` of [prom-client](https://github.com/siimon/prom-client): \`process_cpu_seconds_total\`, \`process_resident_memory_bytes\`, \`process_open_fds\` and \`process_max_fds\`, \`process_start_time_seconds\`, \`nodejs_eventloop_lag_seconds\` and its percentiles, \`nodejs_heap_size_used_bytes\`, \`nodejs_gc_duration_seconds\`. An event loop that is late by seconds is what makes an operator slow, and in the end lose its lease.
`;

export const path = 'docs/metrics.md';

const unitOf = (name: string): string => /_(seconds|bytes|packets)(_total)?$/.exec(name)?.[1] ?? '';
const labelsOf = ({ labels = {} }: Metric): string => Object.entries(labels).map(([label, values]) => (values === 'open' ? `\`${label}\`` : `\`${label}\`: ${values.map((value) => `\`${value}\``).join(', ')}`)).join('; ');

function table(of: Metric['of']): string {
  const rows = all.filter(([, metric]) => metric.of === of).map(([name, metric]) => `| \`${name}\` | ${metric.type} | ${unitOf(name)} | ${cell(labelsOf(metric))} | ${cell(metric.help)} |`);
  return `| metric | type | unit | labels | what it is |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
}

/** Series of one set of label values: a histogram has one for each bound, one for all above, a sum and a count. */
const width = ({ type, buckets = [] }: Metric): number => (type === 'histogram' ? buckets.length + 3 : 1);
const closed = ({ labels = {} }: Metric): number => Object.values(labels).reduce((n, values) => n * (values === 'open' ? 1 : values.length), 1);
const isOpen = ({ labels = {} }: Metric): boolean => Object.values(labels).includes('open');

function bound(): string {
  const fixed = (of: Metric['of']): number => all.filter(([, metric]) => metric.of === of && !isOpen(metric)).reduce((n, [, metric]) => n + width(metric) * closed(metric), 0);
  const perNode = all.filter(([, { labels = {} }]) => 'node' in labels).reduce((n, [, metric]) => n + closed(metric), 0);
  const perVerb = width(METRICS.packetcapture_kube_request_duration_seconds);
  return `## How many series

Captures, tenants, targets and runs add none. An installation of \`N\` nodes and \`D\` destinations has at most

\`\`\`text
of the installation   ${fixed('installation')} + ${perNode} × N + D
of each replica       ${fixed('replica')} + 1 build + 12 watched resources + 7 verbs × (${perVerb} + HTTP statuses that came) + at most 120 of the process
\`\`\`

\`N\` counts nodes that have an agent now. The API server's statuses are few: an operator that runs for weeks meets ten or so.
`;
}

export function page(): string {
  return `<!-- Generated from src/operator/metrics/catalogue.ts by \`make docs\`. Edit there. -->\n${HEAD}\n## Of the installation\n\n${table('installation')}\n## Of a replica\n\n${table('replica')}\n${TAIL}\n${bound()}`;
}
