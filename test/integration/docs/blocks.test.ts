// What the documentation shows, on a real API server with our CRDs and roles: its objects are applied, its kubectl commands run, both on a dry run where they would change something.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createKube } from '../../../src/kube/client.js';
import type { Kube } from '../../../src/kube/kube.js';
import { verbOf } from '../../unit/docs/blocks/commands.js';
import { consoleOf } from '../../unit/docs/blocks/console.js';
import { objectsOf, type Shown } from '../../unit/docs/blocks/objects.js';
import { isOurs } from '../../unit/docs/blocks/our-kinds.js';
import { isServed } from '../../unit/docs/blocks/other-kinds.js';
import { blocksOf, filesBelow, PAGES, textOf, type Block } from '../../unit/docs/blocks/pages.js';
import { commandsOf, type Command } from '../../unit/docs/blocks/shell.js';
import { startApiServer, type ApiServer } from '../api-server.js';
import { eventually } from '../eventually.js';
import { Fixtures } from './fixtures.js';
import { EXPECTED, kubectlLine, objectsNamed, runnable } from './kubectl-line.js';

let apiServer: ApiServer;
let kube: Kube;
let fixtures: Fixtures;
beforeAll(async () => {
  apiServer = await startApiServer();
  kube = createKube(apiServer.kubeConfig, { userAgent: 'docs-test/1' });
  fixtures = new Fixtures(kube);
  await apiServer.apply('config/default');
  await apiServer.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  await eventually('captures are served', () => apiServer.kubectl(['get', 'pktcap', '-A']));
}, 120_000);
afterAll(async () => {
  kube.close();
  await apiServer.stop();
}, 30_000);

/** Commands that this test does not run, and why. The plugin's are read by test/unit/docs. */
const NOT_RUN: Record<string, string> = {
  pktcap: "the plugin's own",
  krew: 'a plugin of others',
  edit: 'opens an editor',
  cp: 'needs a running pod',
  kustomize: 'test/integration/api/kubectl.test.ts renders with each kubectl',
};
/** Kinds that Kubernetes 1.20 does not serve. */
const NEWER = /validatingadmissionpolic/;

/** Three at a time: a kubectl spends most of its time waiting for a processor. */
async function inTurns<T>(items: T[], run: (item: T) => Promise<string | undefined>): Promise<string[]> {
  const queue = [...items];
  const problems: string[] = [];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      const problem = await run(item);
      if (problem !== undefined) problems.push(problem);
    }
  };
  await Promise.all([worker(), worker(), worker()]);
  return problems;
}

async function applied(objects: Shown[]): Promise<string | undefined> {
  const served = objects.filter((object) => isOurs(object) || isServed(object));
  if (served.length === 0) return undefined;
  await Promise.all([...new Set(served.map(({ metadata }) => metadata?.namespace ?? 'default'))].map((namespace) => fixtures.namespace(namespace)));
  return apiServer.kubectl(['apply', '--dry-run=server', '-f', '-'], served.map((object) => JSON.stringify(object)).join('\n')).then(() => undefined, (error: Error) => error.message);
}

const commandsIn = ({ language, text }: Block): Command[] => (language === 'sh' ? commandsOf(text) : language === 'console' ? consoleOf(text).flatMap(({ command }) => commandsOf(command)) : []);

/** undefined: it did what it should, or was not run for a reason. */
async function ran({ words, stdin }: Command): Promise<string | undefined> {
  if (words[0] !== 'kubectl' || NOT_RUN[verbOf(words.slice(1)) ?? 'pktcap'] !== undefined || words.some((word) => NEWER.test(word))) return undefined;
  const line = kubectlLine(words.slice(1));
  if (line.files.includes('-') && stdin === undefined) return undefined;
  try {
    const inFiles = line.files.filter((file) => file.startsWith('examples/') && file.endsWith('.yaml')).flatMap((file) => objectsOf(textOf(file)));
    if (line.namespace !== undefined) await fixtures.namespace(line.namespace);
    for (const { kind, metadata } of inFiles) {
      if (line.verb === 'apply' || line.verb === 'create') await fixtures.namespace(metadata?.namespace ?? 'default');
      else await fixtures.object(kind, metadata?.name ?? '', metadata?.namespace);
    }
    for (const { kind, name } of objectsNamed(line)) await fixtures.object(kind, name, line.namespace);
    // What `make install.yaml` writes is config/default with an image.
    const args = runnable(line).map((arg, at, all) => (arg === '-f' && all[at + 1] === 'dist/install.yaml' ? '-k' : arg === 'dist/install.yaml' ? 'config/default' : arg));
    await apiServer.kubectl(args, stdin);
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    return EXPECTED[line.verb]?.test(message) ? undefined : `${words.join(' ')}: ${message}`;
  }
}

test('an API server takes every object of every page', async () => {
  const pages = [...PAGES.map((page) => [page, blocksOf(page).filter(({ language }) => language === 'yaml').map(({ text }) => text)] as const), ...filesBelow('examples', '.yaml').map((file) => [file, [textOf(file)]] as const)];
  const objects = pages.map(([page, texts]) => [page, texts.flatMap(objectsOf)] as const);
  // All at once: what costs is a kubectl that learns what the server serves. Page by page only to say whose fault it is.
  if ((await applied(objects.flatMap(([, shown]) => shown))) === undefined) return;
  const problems = await inTurns(objects, async ([page, shown]) => {
    const problem = await applied(shown);
    return problem === undefined ? undefined : `${page}: ${problem}`;
  });
  expect(problems).toEqual(['nothing, page by page']);
}, 240_000);

test('every kubectl command of every page does what it says, as far as a server alone can', async () => {
  const commands = new Map(PAGES.flatMap((page) => blocksOf(page).flatMap(commandsIn).map((command) => [JSON.stringify(command.words), { page, command }])));
  const problems = await inTurns([...commands.values()], async ({ page, command }) => {
    const problem = await ran(command);
    return problem === undefined ? undefined : `${page}: ${problem}`;
  });
  expect(problems).toEqual([]);
}, 240_000);

describe('this test would see', () => {
  const runs = async (text: string): Promise<string> => (await Promise.all(commandsOf(text).map(ran))).join('\n');

  test.each([
    ['a flag that is none', 'kubectl get pktcap -n shop --wides', 'unknown flag: --wides'],
    ['a kind that is none', 'kubectl get packetcapturings', 'the server doesn\'t have a resource type "packetcapturings"'],
    ['a JSONPath that is none', "kubectl get pktcap web -o jsonpath='{.status.run.id'", 'jsonpath'],
    ['an annotation without a value', 'kubectl annotate pktcap web packetcapture.dev/snapshot', 'packetcapture.dev/snapshot'],
    ['a field that explain does not know', 'kubectl explain pktcap.spec.rings', 'rings'],
    ['a heredoc that is refused', 'kubectl apply -f - <<EOF\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a_b}\nEOF', 'a_b'],
  ])('%s', async (_, text, said) => {
    expect(await runs(text)).toContain(said);
  });

  test('a field that an object of Kubernetes does not have, and one of ours', async () => {
    expect(await applied(objectsOf('apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: x}\nspec: {podSelectors: {}}\n'))).toContain('podSelectors');
    expect(await applied(objectsOf('spec: {ring: {filesize: 10M}}\n'))).toContain('filesize');
  });
});
