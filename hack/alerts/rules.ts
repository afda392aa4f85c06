// The alerts as Prometheus reads them: a rule file, and the same as an object of the Prometheus operator.
import { stringify } from 'yaml';
import { ALERTS, anchorOf, DOCS, type Alert } from './alerts.js';

export const ruleGroups = (alerts: readonly Alert[] = ALERTS): object => ({ groups: [{ name: 'packetcapture', rules: alerts.map(ruleOf) }] });

const ruleOf = (alert: Alert): object => ({
  alert: alert.name,
  expr: alert.expr,
  ...(alert.for !== undefined && { for: alert.for }),
  labels: { severity: alert.severity },
  annotations: { summary: alert.summary, description: alert.description, runbook_url: `${DOCS}/alerts.md#${anchorOf(alert)}` },
});

/** The same as an object of the Prometheus operator. */
export const prometheusRule = (): object => ({
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'PrometheusRule',
  metadata: { name: 'packetcapture', namespace: 'packetcapture-system', labels: { 'app.kubernetes.io/name': 'packetcapture-operator', 'app.kubernetes.io/part-of': 'packetcapture' } },
  spec: ruleGroups(),
});

export const yaml = (value: object): string => `# Generated from hack/alerts/alerts.ts by \`make docs\`. Edit there.\n${stringify(value, { version: '1.1', lineWidth: 0 })}`;
