// Prints the table of docs/measured.md, from the cluster of KUBECONFIG in which `make demo` has run.
import { execFileSync } from 'node:child_process';

const NAMESPACE = 'packetcapture-demo';
const ROUNDS = 5;
const kubectl = (args, input) => execFileSync('kubectl', args, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'inherit'] });
const apply = (object) => kubectl(['apply', '-f', '-'], JSON.stringify(object));
const json = (args) => JSON.parse(kubectl([...args, '-o', 'json']));
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

function until(check) {
  for (let tries = 0; tries < 600; tries += 1) {
    const value = check();
    if (value) return value;
    pause(200);
  }
  throw new Error(`not within two minutes: ${check}`);
}

const receiver = json(['get', 'pod', 'receiver', '-n', NAMESPACE]);
const image = json(['get', 'deployment', 'packetcapture-operator', '-n', 'packetcapture-system']).spec.template.spec.containers[0].image;

/** From apply to the first instruction of a pod that does nothing, with the same image on the same node. */
function barePod(name) {
  const containers = [{ name: 'main', image, imagePullPolicy: 'IfNotPresent', command: ['node', '-e', 'console.log(Date.now() - performance.now())'] }];
  const before = Date.now();
  apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: NAMESPACE }, spec: { nodeName: receiver.spec.nodeName, restartPolicy: 'Never', terminationGracePeriodSeconds: 0, containers } });
  until(() => json(['get', 'pod', name, '-n', NAMESPACE]).status.phase === 'Succeeded');
  const started = Number(kubectl(['logs', name, '-n', NAMESPACE]));
  kubectl(['delete', 'pod', name, '-n', NAMESPACE]);
  return started - before;
}

/** From apply to the first packet in a file, while 200 packets a second arrive; and the agent's memory. */
function capture(name) {
  const object = { apiVersion: 'packetcapture.dev/v1alpha1', kind: 'PacketCapture', metadata: { name, namespace: NAMESPACE }, spec: { target: { podName: 'receiver' }, duration: '6s' } };
  const before = Date.now();
  apply(object);
  const uid = until(() => {
    const found = json(['get', 'packetcaptures.packetcapture.dev', name, '-n', NAMESPACE]);
    return found.status.phase === 'Capturing' && found.metadata.uid;
  });
  const pod = kubectl(['get', 'pods', '-n', 'packetcapture-jobs', '-l', `packetcapture.dev/capture-uid=${uid}`, '-o', 'jsonpath={.items[0].metadata.name}']);
  const memory = Number(kubectl(['exec', pod, '-n', 'packetcapture-jobs', '--', 'node', '-e', ownMemory('agent')]));
  const { status } = until(() => {
    const found = json(['get', 'packetcaptures.packetcapture.dev', name, '-n', NAMESPACE]);
    return found.status.phase === 'Complete' && found;
  });
  const first = Math.min(...status.recentFiles.map(({ firstPacketTime }) => Date.parse(firstPacketTime)));
  kubectl(['delete', 'packetcaptures.packetcapture.dev', name, '-n', NAMESPACE]);
  return { startMs: first - before, memory };
}

/** A script that prints the resident memory, in kB, of the process of its own container that runs a subcommand. */
function ownMemory(subcommand) {
  return `const fs = require('fs'), own = fs.readFileSync('/proc/self/cgroup', 'utf8').split('/').pop();
    for (const pid of fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))) try {
      const args = fs.readFileSync('/proc/' + pid + '/cmdline', 'utf8').split('\\0');
      if (args.includes('${subcommand}') && fs.readFileSync('/proc/' + pid + '/cgroup', 'utf8').split('/').pop() === own)
        console.log(/VmRSS:\\s+([0-9]+)/.exec(fs.readFileSync('/proc/' + pid + '/status', 'utf8'))[1]);
    } catch {}`;
}

const bare = [];
const captures = [];
for (let round = 0; round < ROUNDS; round += 1) {
  bare.push(barePod(`measure-bare-${round}`));
  captures.push(capture(`measure-${round}`));
}
const startMs = median(captures.map((c) => c.startMs));
const bareMs = median(bare);
// The replica that acts: the other only keeps its caches.
const [leader] = json(['get', 'lease', 'packetcapture-operator', '-n', 'packetcapture-system']).spec.holderIdentity.split('_');
const operator = Number(kubectl(['exec', leader, '-n', 'packetcapture-system', '--', 'node', '-e', ownMemory('operator')]));
const size = json(['get', 'node', receiver.spec.nodeName]).status.images.find(({ names }) => names?.some((name) => name === image))?.sizeBytes;
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
const megabytes = (kilobytes) => `${Math.round(kilobytes / 1000)} MB`;
console.log(`| what | value |
|---|---|
| from \`kubectl apply\` to the first packet in a file | ${seconds(startMs)} (${(startMs / bareMs).toFixed(1)} times a bare pod of the same image, which takes ${seconds(bareMs)} to its first instruction; medians of ${ROUNDS}) |
| size of the image, as the node keeps it | ${megabytes((size ?? NaN) / 1000)} |
| resident memory of the operator that leads, after these ${ROUNDS} captures | ${megabytes(operator)} |
| resident memory of an agent that captures 400 packets a second | ${megabytes(median(captures.map((c) => c.memory)))} |`);
