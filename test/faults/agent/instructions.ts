// The agent killed at chosen instructions, which the world shows: a request under way, a line written, a file gone.
import { readdirSync, watch } from 'node:fs';
import { eventually } from '../../integration/eventually.js';
import type { Random } from '../framework/random.js';
import type { Fault as RequestFault, SeenRequest } from '../../integration/storage/fault.js';
import { agentFault, passing } from './fault.js';
import type { AgentScene, Settings } from './scene.js';

/** Arms a trap that calls `fire` at its instruction, and returns how to disarm it. */
type Trap = (scene: AgentScene, fire: () => void, random: Random) => () => void;

const INSTRUCTION_MS = 30_000;

/** Kills the agent when the trap snaps. */
async function killAt(trap: Trap, scene: AgentScene, random: Random): Promise<void> {
  const { agent } = scene;
  let fired = false;
  const disarm = trap(
    scene,
    () => {
      if (!fired) agent.child.kill('SIGKILL');
      fired = true;
    },
    random,
  );
  try {
    await eventually('the instruction is reached', () => fired, { timeoutMs: INSTRUCTION_MS, everyMs: 5 });
    await agent.exited;
  } finally {
    disarm();
  }
}

const killedAt = (name: string, trap: Trap, { settings = {}, short = false }: { settings?: Settings; short?: boolean } = {}) =>
  agentFault({
    name,
    short,
    settings: () => settings,
    async inject(scene, random) {
      for (let times = random.between(2, 4); times > 0; times -= 1) {
        await scene.disturb(() => scene.replaced(() => killAt(trap, scene, random)));
        await passing(random.between(0, 500));
      }
    },
    allowed: { gaps: ['AgentRestarted'], longestGapMs: 15_000 },
  });

/** At a request, before or after it went on. */
const atRequest =
  (fits: (request: SeenRequest, seen: SeenRequest[]) => boolean, laterMs = 0, most = 2): Trap =>
  (scene, fire, random) => {
    let skip = random.between(0, most);
    scene.proxy.decide = (request): RequestFault | undefined => {
      if (fits(request, scene.proxy.seen) && skip-- === 0) {
        if (laterMs === 0) fire();
        else setTimeout(fire, random.between(0, laterMs));
      }
      return undefined;
    };
    return () => (scene.proxy.decide = () => undefined);
  };

/** At a change of a folder of the spool: its journal is written, a file is made or goes. */
const atChange =
  (folder: (spool: string, target: string) => string, fits: (name: string) => boolean, most: number, laterMs: number): Trap =>
  (scene, fire, random) => {
    let skip = random.between(0, most);
    const watcher = watch(folder(scene.spool, scene.target.pod.target.name), (_, name) => {
      if (name !== null && fits(name) && skip-- === 0) setTimeout(fire, random.between(0, laterMs));
    });
    return () => watcher.close();
  };

const isFile = ({ key }: SeenRequest): boolean => key.includes('.pcap');
const wasPut = ({ key, method }: SeenRequest, seen: SeenRequest[]): boolean => method === 'HEAD' && seen.some((s) => s.method === 'PUT' && s.key === key);
const isManifest = ({ key, method }: SeenRequest): boolean => method === 'PUT' && key.includes('/manifest/');

/** The folder of the tcpdump that writes now. */
const newestStart = (spool: string, target: string): string => {
  const folder = `${spool}/captures/${target}`;
  return `${folder}/${readdirSync(folder).sort().at(-1)}`;
};

/** Killed once the run was told to stop: what is left is delivered by the next agent. */
const killedEnding = (name: string, trap: Trap) =>
  agentFault({
    name,
    async inject(scene, random) {
      for (const target of scene.targets) await scene.stopTraffic(target);
      const killing = scene.disturb(() => killAt(trap, scene, random));
      scene.control({ stop: { reason: 'Requested' } });
      await killing;
      await scene.until('the run is stopped', (r) => r.stopReason !== undefined);
    },
    allowed: {},
  });

export const KILLED_AT_INSTRUCTIONS = [
  killedAt('killed-before-put', atRequest((request) => isFile(request) && request.method === 'PUT')),
  killedAt('killed-in-put', atRequest((request) => isFile(request) && request.method === 'PUT', 10)),
  killedAt('killed-between-put-and-journal', atRequest((request, seen) => isFile(request) && wasPut(request, seen), 4), { short: true }),
  killedAt('killed-at-journal-writes', atChange((spool) => spool, (name) => name === 'journal', 30, 2), { short: true }),
  killedAt('killed-between-close-and-journal', atChange(newestStart, (name) => name.endsWith('Z.'), 1, 60)),
  killedAt('killed-between-journal-and-unlink', atChange(newestStart, (name) => name.endsWith('Z.'), 4, 5)),
  killedAt('killed-in-multipart', atRequest(({ query }) => query.has('partNumber'), 20), { settings: { job: { ring: { fileSizeBytes: 20e6, rotateIntervalSeconds: 5 } }, perSecond: 3000, bytes: 1400 } }),
  killedEnding('killed-in-final-manifest', atRequest(isManifest, 15, 0)),
  killedEnding('killed-in-destroy', atChange((spool) => spool, (name) => name === 'captures' || name === 'lock', 0, 3)),
];
