// What makes pods of Jobs and runs them, beside an API server alone: the real Job and garbage collecting controllers, and a stand-in for the rest.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ApiServer } from '../../../integration/api-server.js';
import { Daemon } from '../../../integration/api-server/daemon.js';
import { bundle } from '../../../integration/bundle.js';

export interface StandIn {
  stop(): Promise<void>;
}

/** Neither is held up by its own limits: what is measured is the operator. */
const RATE = ['--kube-api-qps=2000', '--kube-api-burst=2000'];

export async function startControllerManager({ kubeconfigPath }: ApiServer): Promise<StandIn> {
  const folder = await mkdtemp(path.join(tmpdir(), 'controller-manager-'));
  const assets = process.env['KUBEBUILDER_ASSETS'] ?? '';
  const daemon = new Daemon(path.join(assets, 'kube-controller-manager'), [`--kubeconfig=${kubeconfigPath}`, '--controllers=job,garbagecollector', '--leader-elect=false', '--port=0', '--secure-port=0', ...RATE], folder);
  daemon.start();
  return {
    async stop() {
      await daemon.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** `port`: where it answers as the kubelet of every node. */
export async function startKubelet({ kubeconfigPath }: ApiServer, jobsNamespace: string): Promise<StandIn & { port: number }> {
  const child = fork(bundle('test/bench/support/alone/kubelet-process.ts'), { env: { ...process.env, KUBECONFIG: kubeconfigPath, JOBS_NAMESPACE: jobsNamespace } });
  const [message] = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => Promise.reject(new Error('the stand-in of the kubelets ended')))]) as [{ port: number }];
  return {
    port: message.port,
    async stop() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
