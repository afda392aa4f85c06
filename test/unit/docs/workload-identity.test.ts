import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { REASONS } from '../../../src/api/reason-table.js';
import { destinationProblem } from '../../../src/plan/destination-rules.js';

const page = readFileSync('docs/workload-identity.md', 'utf8');
const shown = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].flatMap(([, text]) => (text ?? '').split(/^---$/m).map((document) => parse(document) as { kind: string; spec?: { s3: { auth: { workloadIdentity: { serviceAccountName: string } } } }; rules?: { resources: string[]; resourceNames: string[]; verbs: string[] }[] }));

test('the destination that the page shows can be used', () => {
  expect(destinationProblem(shown.find(({ kind }) => kind === 'ClusterCaptureDestination')?.spec)).toBeUndefined();
});

test('the right that it shows is for tokens of that one service account', () => {
  const account = shown.find(({ kind }) => kind === 'ClusterCaptureDestination')?.spec?.s3.auth.workloadIdentity.serviceAccountName;
  expect(shown.find(({ kind }) => kind === 'Role')?.rules).toEqual([{ apiGroups: [''], resources: ['serviceaccounts/token'], resourceNames: [account], verbs: ['create'] }]);
});

test('the reasons that it names are read at a destination', () => {
  const named = [...page.matchAll(/^\| `(\w+)` \| (?:keys were|the operator has|no such|the token service, or)/gm)].map(([, reason]) => reason as keyof typeof REASONS);
  expect(named).toHaveLength(4);
  for (const reason of named) expect(REASONS[reason].places).toContain('Ready of a destination');
});

test('no shipped role has that right', () => {
  for (const file of ['operator-cluster', 'operator-jobs', 'operator-system']) expect(readFileSync(`config/rbac/${file}.yaml`, 'utf8')).not.toMatch(/serviceaccounts|TokenRequest/);
});
