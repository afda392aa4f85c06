// Downloads: what is not answered, or not removed, without each right to them.
import { CAPTURE_DOWNLOADS } from '../../../../src/api/kinds.js';
import type { Kube } from '../../../../src/kube/kube.js';
import type { KubeObject } from '../../../../src/kube/object.js';
import { NAMESPACE } from '../scene.js';
import { fresh, type Step } from './stage.js';

const aDownload = (admin: Kube): Promise<KubeObject> =>
  admin.create(CAPTURE_DOWNLOADS, NAMESPACE, { apiVersion: 'packetcapture.dev/v1alpha1', kind: 'CaptureDownload', metadata: { name: fresh() }, spec: { captureName: 'nobodys' } });

const isAnswered: Step['begin'] = async ({ admin }) => {
  const { metadata: { name } } = await aDownload(admin);
  return async () => (await admin.get<KubeObject & { status?: { conditions?: object[] } }>(CAPTURE_DOWNLOADS, NAMESPACE, name))?.status?.conditions;
};

/** As the operator wrote it long ago. */
const goes: Step['begin'] = async ({ admin }) => {
  const { metadata: { name, generation } } = await aDownload(admin);
  const then = new Date(Date.now() - 60_000).toISOString().replace(/\.\d+/, '');
  const status = { observedGeneration: generation, expirationTime: then, conditions: [{ type: 'Ready', status: 'True', reason: 'Signed', observedGeneration: generation, lastTransitionTime: then }] };
  const expire = (): Promise<unknown> => admin.patch(CAPTURE_DOWNLOADS, NAMESPACE, name, { status }, { type: 'merge', subresource: 'status' });
  await expire();
  return async () => {
    const there = await admin.get<KubeObject & { status?: { expirationTime?: string } }>(CAPTURE_DOWNLOADS, NAMESPACE, name);
    // An answer that was on its way came after.
    if (there && there.status?.expirationTime !== then) await expire();
    return there === undefined;
  };
};

export const downloadSteps: Record<string, Step> = {
  'cluster capturedownloads.packetcapture.dev list': { fails: 'no download is answered: the operator does not know them', starts: {}, begin: isAnswered },
  'cluster capturedownloads.packetcapture.dev watch': { fails: 'a new download is not noticed', starts: {}, begin: isAnswered },
  'cluster capturedownloads.packetcapture.dev delete': { fails: 'downloads stay when their URLs have ended', begin: goes },
  'cluster capturedownloads.packetcapture.dev/status patch': { fails: 'a download has no status, and no URL', begin: isAnswered },
};
