// Whose a field is, where Git applies a capture and people annotate and patch it: a real API server and kubectl, as docs/gitops.md says it.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { startApiServer, type ApiServer } from '../api-server.js';
import { eventually } from '../eventually.js';

const CAPTURE = 'packetcaptures.packetcapture.dev/web-recorder';
const page = readFileSync('docs/gitops.md', 'utf8');
/** The recorder of the page, as Git has it. */
const committed = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].flatMap(([, text]) => parseAllDocuments(text ?? '').map((document) => document.toJS() as { kind: string; spec: Record<string, unknown> })).find(({ kind }) => kind === 'PacketCapture');

let apiServer: ApiServer;
beforeAll(async () => {
  apiServer = await startApiServer();
  await apiServer.apply('crds');
  await eventually('captures are served', () => apiServer.kubectl(['get', 'pktcap', '-A']));
}, 90_000);
afterAll(() => apiServer.stop(), 60_000);

const read = async (): Promise<{ spec: Record<string, unknown>; metadata: { annotations?: Record<string, string> } }> => JSON.parse(await apiServer.kubectl(['get', CAPTURE, '-o', 'json'])) as never;

describe.each([
  ['server-side', ['--server-side', '--force-conflicts', '--field-manager=kustomize-controller']],
  ['client-side', []],
])('%s apply', (_how, flags) => {
  const apply = (spec: object): Promise<string> => apiServer.kubectl(['apply', ...flags, '-f', '-'], JSON.stringify({ ...committed, spec }));
  beforeAll(() => apply(committed?.spec ?? {}), 60_000);
  afterAll(() => apiServer.kubectl(['delete', CAPTURE]), 60_000);

  test('leaves a snapshot that somebody asked for', async () => {
    await apiServer.kubectl(['annotate', CAPTURE, 'packetcapture.dev/snapshot=by-hand']);
    await apply(committed?.spec ?? {});
    expect((await read()).metadata.annotations?.['packetcapture.dev/snapshot']).toBe('by-hand');
  }, 60_000);

  test('puts back what it names', async () => {
    await apiServer.kubectl(['patch', CAPTURE, '--type=merge', '-p', '{"spec":{"suspend":true}}']);
    await apply(committed?.spec ?? {});
    expect((await read()).spec['suspend']).toBe(false);
  }, 60_000);

  test('leaves what it does not name', async () => {
    const { suspend: _, ...spec } = committed?.spec ?? {};
    await apply(spec);
    await apiServer.kubectl(['patch', CAPTURE, '--type=merge', '-p', '{"spec":{"suspend":true}}']);
    await apply(spec);
    expect((await read()).spec['suspend']).toBe(true);
  }, 60_000);
});
