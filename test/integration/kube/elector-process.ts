// A replica as a process of its own: while it leads it writes its name into one ConfigMap, as fast as it can, and says on stdout what it is.
import { KubeConfig } from '@kubernetes/client-node';
import { createKube } from '../../../src/kube/client.js';
import { isFenced } from '../../../src/kube/errors.js';
import { Elector } from '../../../src/kube/elector.js';
import { CONFIG_MAPS } from '../../../src/kube/resources.js';

const [identity = '', leaseDurationMs, renewDeadlineMs, retryPeriodMs] = process.argv.slice(2);
const kubeConfig = new KubeConfig();
kubeConfig.loadFromDefault();
const say = (what: string): void => void process.stdout.write(`${what}\n`);
const timing = { leaseDurationMs: Number(leaseDurationMs), renewDeadlineMs: Number(renewDeadlineMs), retryPeriodMs: Number(retryPeriodMs) };
const elector = new Elector({ kube: createKube(kubeConfig, { userAgent: 'elector/1' }), namespace: 'default', name: 'election', identity, timing });
const kube = createKube(kubeConfig, { userAgent: 'leader/1', mayWrite: () => elector.leads(), timeoutMs: 2000 });
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());
void elector.lost.then((reason) => {
  say(`lost: ${reason}`);
  process.exit(1);
});

say('campaigns');
if (await elector.campaign(stopping.signal)) {
  say('leads');
  for (let turn = 1; !stopping.signal.aborted; turn += 1) {
    await kube.patch(CONFIG_MAPS, 'default', 'acts', { data: { by: identity, turn: String(turn) } }, { type: 'merge' }).catch((error: unknown) => {
      if (isFenced(error)) say('refused');
    });
  }
  await elector.release();
}
process.exit(0);
