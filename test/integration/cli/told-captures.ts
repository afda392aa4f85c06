// Captures on a real API server whose status the test tells, as an operator would.
import { PACKET_CAPTURES } from '../../../src/api/kinds.js';
import type { PacketCaptureStatus } from '../../../src/api/packetcapture-status.js';
import type { CaptureObject } from '../../../src/cli/capture.js';
import { createKube } from '../../../src/kube/client.js';
import type { Kube } from '../../../src/kube/kube.js';
import { startApiServer, type ApiServer } from '../api-server.js';
import { eventually } from '../eventually.js';

export const NAMESPACE = 'shop';

export interface ToldCaptures {
  apiServer: ApiServer;
  kube: Kube;
  /** A capture of pod web-0, which no operator has seen. */
  create(name: string, spec?: object): Promise<CaptureObject>;
  /** Puts these fields of its status, of the generation that it has now. */
  tell(name: string, status: Partial<PacketCaptureStatus>): Promise<CaptureObject>;
  edit(name: string, spec: object): Promise<CaptureObject>;
  remove(name: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startToldCaptures(): Promise<ToldCaptures> {
  const apiServer = await startApiServer();
  const kube = createKube(apiServer.kubeConfig, { userAgent: 'told/1' });
  await apiServer.apply('crds');
  await apiServer.kubectl(['create', 'namespace', NAMESPACE]);
  await eventually('captures are served', () => apiServer.kubectl(['get', 'pktcap', '-A']));
  const patch = (name: string, patched: object, subresource?: string): Promise<CaptureObject> => kube.patch<CaptureObject>(PACKET_CAPTURES, NAMESPACE, name, patched, { type: 'merge', subresource });
  return {
    apiServer,
    kube,
    create: (name, spec = {}) => kube.create<CaptureObject>(PACKET_CAPTURES, NAMESPACE, { apiVersion: 'packetcapture.dev/v1alpha1', kind: 'PacketCapture', metadata: { name }, spec: { target: { podName: 'web-0' }, duration: '2m', ...spec } }),
    async tell(name, status) {
      const now = await kube.get<CaptureObject>(PACKET_CAPTURES, NAMESPACE, name);
      return patch(name, { status: { ...status, observedGeneration: now?.metadata.generation } }, 'status');
    },
    edit: (name, spec) => patch(name, { spec }),
    async remove(name) {
      await kube.remove(PACKET_CAPTURES, NAMESPACE, name);
    },
    async stop() {
      kube.close();
      await apiServer.stop();
    },
  };
}
