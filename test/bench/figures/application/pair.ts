// An HTTP pair: a server in the pod that is captured, and wrk in another pod's network namespace.
import { cleanUp, readyDestination } from '../../../e2e/support/destination.js';
import { apply, get } from '../../../e2e/support/kubectl.js';
import { freshNamespace, IDLE, NODES, pod } from '../../../e2e/support/workload.js';
import { eventually } from '../../../integration/eventually.js';
import { podNetns, type PodNetns } from '../../support/pod-netns.js';
import { run } from '../../support/run.js';

export const SERVER = 'server';
const BODY_BYTES = 4096;
const NODE_SERVER = ['node', '-e', `const body = Buffer.alloc(${BODY_BYTES}, 'x'); require('http').createServer((_, response) => response.end(body)).listen(8080)`];
/** As people give their applications: without, a node gives any other pod fifty times as much. */
const REQUESTS = { requests: { cpu: '500m' } };
const CONNECTIONS = 16;
export const SECONDS = 5;

export interface Load {
  perSecond: number;
  p99Ms: number;
}

export interface Pair {
  namespace: string;
  storage: { destinationRef: { name: string } };
  server: PodNetns;
  /** As many requests as are answered, for some seconds. */
  load(): Promise<Load>;
  remove(): Promise<void>;
}

/** `name`: of its namespace and its destination. */
export async function makePair(name: string): Promise<Pair> {
  await freshNamespace(name);
  try {
    const operator = await get<{ spec: { template: { spec: { containers: [{ image: string }] } } } }>('deployment', 'packetcapture-system', 'packetcapture-operator');
    const image = operator?.spec.template.spec.containers[0].image;
    const [node] = NODES;
    const [{ storage }] = await Promise.all([readyDestination(name), apply(pod(name, SERVER, NODE_SERVER, { node, container: { image, resources: REQUESTS } }), pod(name, 'client', IDLE, { node }))]);
    const [server, client] = [await podNetns(name, SERVER), await podNetns(name, 'client')];
    const url = `http://${server.ip}:8080/`;
    await eventually(`${url} answers`, () => run([...client.enter, 'curl', '-fsS', '-o', '/dev/null', url]).then(() => true));
    const load = async (): Promise<Load> => parsed(await run([...client.enter, 'wrk', '--threads', '1', '--connections', `${CONNECTIONS}`, '--duration', `${SECONDS}s`, '--latency', url]));
    return { namespace: name, storage, server, load, remove: () => cleanUp(name, name) };
  } catch (error) {
    await cleanUp(name, name);
    throw error;
  }
}

const MS: Record<string, number> = { us: 0.001, ms: 1, s: 1000 };

/** wrk's own words. */
function parsed(said: string): Load {
  const perSecond = /^Requests\/sec: +([\d.]+)/m.exec(said)?.[1];
  const [, p99, unit = ''] = /^ +99% +([\d.]+)(us|ms|s)$/m.exec(said) ?? [];
  if (perSecond === undefined || p99 === undefined || /Non-2xx|Socket errors/.test(said)) throw new Error(`wrk said: ${said}`);
  return { perSecond: Number(perSecond), p99Ms: Number(p99) * (MS[unit] ?? NaN) };
}
