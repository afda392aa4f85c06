// The agent as its Job runs it, with the real bucket, in the network namespace of a pod that is made for it: without a cluster.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jobConfig, TestNode, type AgentProcess, type JobOverrides } from '../../integration/agent/harness/agent-process.js';
import { TestPod } from '../../integration/agent/harness/namespace.js';
import { bucket, ownPrefix, removeAll } from '../../integration/storage/sandbox-bucket.js';

export interface InPod {
  pod: TestPod;
  node: TestNode;
  agent: AgentProcess;
}

const POD_UID = 'agent-1';

/** Resolves with what `use` does while the agent captures. All that was made is removed, also at an interruption. */
export async function withAgentInPod<T>(job: JobOverrides, use: (there: InPod) => Promise<T>): Promise<T> {
  const prefix = ownPrefix();
  const pod = new TestPod();
  const node = new TestNode(jobConfig({ ...job, destination: { endpoint: bucket.endpoint, region: bucket.region, bucket: bucket.name, prefix } }));
  const remove = async (): Promise<void> => {
    await node.remove();
    pod.remove();
    await removeAll(prefix);
  };
  const interrupted = (): void => void remove().finally(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupted);
  try {
    pod.run();
    const folder = join(node.folder, `pod-${POD_UID}`);
    mkdirSync(folder, { recursive: true });
    for (const [name, value] of Object.entries(bucket.credentials)) writeFileSync(join(folder, name), value);
    const agent = node.start(POD_UID, { TEST_BUCKET: '' });
    agent.control({ targets: [pod.target] });
    await agent.untilCapturing();
    return await use({ pod, node, agent });
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupted);
    await remove();
  }
}
