// The recipes' objects on a real API server, and the Role by which an alert may ask for a snapshot.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { recipe, RECIPES, specOf } from '../../unit/docs/recipe-page.js';
import { FilterCompiler } from '../../../src/tcpdump/filter-compiler.js';
import { runChild } from '../../../src/tcpdump/child.js';
import { startApiServer, type ApiServer } from '../api-server.js';
import { eventually } from '../eventually.js';

const NAMESPACE = 'packetcapture-demo';
let apiServer: ApiServer;
beforeAll(async () => {
  apiServer = await startApiServer();
  await apiServer.apply('crds');
  await apiServer.kubectl(['create', 'namespace', NAMESPACE]);
  await eventually('captures are served', () => apiServer.kubectl(['get', 'pktcap', '-A']));
}, 60_000);
afterAll(() => apiServer.stop(), 30_000);

test('an API server takes every one', async () => {
  await apiServer.apply(...RECIPES.map((name) => `examples/recipes/${name}.yaml`));
  const names = await apiServer.kubectl(['get', 'pktcap', '-n', NAMESPACE, '-o', 'name']);
  expect(names.trim().split('\n')).toHaveLength(RECIPES.length);
});

test.each(RECIPES)('the filter of %s compiles', async (name) => {
  const compiler = new FilterCompiler(runChild, ['unshare', '--net']);
  for (const linkType of ['LINUX_SLL2', 'EN10MB']) expect(await compiler.problem(specOf(recipe(name)).filter, linkType)).toBeUndefined();
});

test('the Role for alerts may annotate its recorder, more than once, and touch no other capture', async () => {
  const page = recipe('intermittent-drops');
  const [, rights = ''] = [...page.text.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text]) => text);
  await apiServer.kubectl(['apply', '-f', '-'], rights);
  const annotate = (name: string, token: string): Promise<string> =>
    apiServer.kubectl(['annotate', '--overwrite', `pktcap/${name}`, '-n', NAMESPACE, `packetcapture.dev/snapshot=${token}`, `--as=system:serviceaccount:${NAMESPACE}:snapshot-on-alert`]);
  await eventually('the Role is known', () => annotate('web-recorder', '1a2b3c4d5e6f7081-2026-11-20T03:05:12.345Z'));
  const { resourceVersion } = (JSON.parse(await apiServer.kubectl(['get', 'pktcap', 'web-recorder', '-n', NAMESPACE, '-o', 'json'])) as { metadata: { resourceVersion: string } }).metadata;
  // The same alert again.
  await annotate('web-recorder', '1a2b3c4d5e6f7081-2026-11-20T03:05:12.345Z');
  const after = JSON.parse(await apiServer.kubectl(['get', 'pktcap', 'web-recorder', '-n', NAMESPACE, '-o', 'json'])) as { metadata: { resourceVersion: string; annotations: object } };
  expect(after.metadata).toMatchObject({ resourceVersion, annotations: { 'packetcapture.dev/snapshot': '1a2b3c4d5e6f7081-2026-11-20T03:05:12.345Z' } });
  await expect(annotate('web-resets', 'now')).rejects.toThrow(/forbidden/);
});
