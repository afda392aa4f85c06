// A pod whose port is redirected to a sidecar that ends TLS and talks to the application over loopback, and whose own calls are redirected to the sidecar as well.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAuthority } from '../api-server/authority.js';
import { RecipeOnTrial, sideBySide } from './support/expectations.js';
import { Network, roleFile, type Address, type Host } from './support/network.js';

const recipe = new RecipeOnTrial('service-mesh');
const network = new Network();
const folder = mkdtempSync(join(tmpdir(), 'recipe-mesh-'));
const certificate: string[] = [];
/** The group of Istio's proxy: what it sends itself is not redirected. */
const PROXY_GID = '1337';
let captured: Record<'answers' | 'fails' | 'gone' | 'calls' | 'wireAlone', string>;

interface Mesh {
  pod: Host;
  peer: Host;
  /** Where the pod is for its peer, and the peer for the pod. */
  here: Address;
  there: Address;
  /** The pod's interface. */
  device: string;
}

async function mesh({ application = true } = {}): Promise<Mesh> {
  const [peer, pod] = [network.host(), network.host()];
  const { first: there, second: here, device } = network.link(peer, pod);
  for (const iptables of ['iptables', 'ip6tables']) {
    pod.run(iptables, '-t', 'nat', '-A', 'PREROUTING', '-p', 'tcp', '-j', 'REDIRECT', '--to-ports', '15006');
    pod.run(iptables, '-t', 'nat', '-A', 'OUTPUT', '-p', 'tcp', '!', '-o', 'lo', '-m', 'owner', '!', '--gid-owner', PROXY_GID, '-j', 'REDIRECT', '--to-ports', '15001');
  }
  const [key = '', cert = ''] = certificate;
  if (application) await pod.serve('http-server.mjs', 8080);
  await pod.serve('setpriv', '--regid', PROXY_GID, '--clear-groups', process.execPath, roleFile('sidecar.mjs'), key, cert, there.v4);
  await peer.serve('tls-server.mjs', 8080, JSON.stringify({ key, cert, http: true }));
  return { pod, peer, here, there, device };
}

/** The peer asks for paths by TLS, by IPv4 and by IPv6. */
const asks = ({ peer, here }: Mesh, ...paths: string[]): Promise<unknown[]> =>
  peer.does('http-client.mjs', ...paths.flatMap((path) => [`https://${here.v4}:8080${path}`, `https://[${here.v6}]:8080${path}`]));

beforeAll(async () => {
  const authority = await createAuthority(folder);
  const { keyFile, certFile } = await authority.issue('web', { addresses: ['DNS:web'] });
  certificate.push(keyFile, certFile);
  captured = await sideBySide({
    answers: async () => {
      const scene = await mesh();
      return recipe.capturedBy(scene.pod, async () => expect(await asks(scene, '/ok')).toEqual([200, 200]));
    },
    fails: async () => {
      const scene = await mesh();
      return recipe.capturedBy(scene.pod, async () => expect(await asks(scene, '/ok', '/status/500')).toEqual([200, 200, 500, 500]));
    },
    gone: async () => {
      const scene = await mesh({ application: false });
      return recipe.capturedBy(scene.pod, async () => expect(await asks(scene, '/ok')).toEqual([503, 503]));
    },
    calls: async () => {
      const scene = await mesh();
      return recipe.capturedBy(scene.pod, async () => expect(await scene.pod.does('http-client.mjs', `http://${scene.there.v4}:8080/ok`)).toEqual([200]));
    },
    wireAlone: async () => {
      const scene = await mesh();
      return recipe.capturedBy(scene.pod, async () => expect(await asks(scene, '/ok')).toEqual([200, 200]), { interface: scene.device });
    },
  });
}, 90_000);
afterAll(() => {
  recipe.remove();
  network.remove();
  rmSync(folder, { recursive: true });
});

test('a request is on the wire by TLS, and on loopback in clear text, where it is answered', async () => {
  await recipe.expectShown(captured.answers, { 'what is on the wire': 'some', 'what the application hears and says': 4 });
  await recipe.expectAllColumns(captured.answers);
});

test('the same on the interface of the wire alone has nothing in clear text', async () => {
  expect(await recipe.count(captured.wireAlone, 'http')).toBe(0);
  expect(await recipe.count(captured.wireAlone, 'tls')).toBeGreaterThan(0);
});

test('an error of the application is told from one of the sidecar', async () => {
  await recipe.expectShown(captured.fails, { 'what is on the wire': 'some', 'what the application hears and says': 8, 'the application answered with an error': 2 });
  await recipe.expectShown(captured.gone, { 'what is on the wire': 'some', 'the application refuses its sidecar': 2 });
});

test('what the application calls is on loopback in clear text, and on the wire by TLS', () =>
  recipe.expectShown(captured.calls, { 'what is on the wire': 'some', 'what the application hears and says': 2, 'connections that the application opens': 1 }));

test('the page names nothing that was not seen here', () => recipe.expectAllTried());
