// The pod that is flooded, and a destination for what is captured of it.
import { cleanUp, readyDestination } from '../../../e2e/support/destination.js';
import { apply } from '../../../e2e/support/kubectl.js';
import { freshNamespace, NODES, pod, python } from '../../../e2e/support/workload.js';
import { podNetns, type PodNetns } from '../../support/pod-netns.js';
import { PORT } from './packets.js';

export const TARGET = 'target';
export const NODE = NODES[0];

/** Takes the port, so that nothing answers, and reads nothing, so that it takes no processor. */
const DEAF = python(`import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
s.bind(("", ${PORT}))
while True: time.sleep(1000)`);

export interface Scene {
  namespace: string;
  target: PodNetns;
  storage: { destinationRef: { name: string } };
  remove(): Promise<void>;
}

/** `name`: of its namespace and its destination. */
export async function makeScene(name: string): Promise<Scene> {
  await freshNamespace(name);
  try {
    const [{ storage }] = await Promise.all([readyDestination(name), apply(pod(name, TARGET, DEAF, { node: NODE }))]);
    return { namespace: name, storage, target: await podNetns(name, TARGET), remove: () => cleanUp(name, name) };
  } catch (error) {
    await cleanUp(name, name);
    throw error;
  }
}
