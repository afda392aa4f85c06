// Downloads against a real API server and a real bucket: whole, resumed, damaged, interrupted, refused.
import { existsSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { EXIT } from '../../../../src/cli/exit-codes.js';
import { byTime } from '../../../../src/pcap/packet.js';
import { PacketDecoder } from '../../../../src/pcap/packet-decoder.js';
import { aFile, aManifest, prefixOf, RUN_ID, sha256, type RunFile } from '../../../unit/cli/download/a-run.js';
import { eventually } from '../../eventually.js';
import { schedule } from '../../storage/fault-proxy.js';
import { DownloadScene, type Outcome } from './scene.js';

jest.setTimeout(60_000);

let scene: DownloadScene;
beforeAll(async () => {
  scene = await DownloadScene.start();
}, 90_000);
afterAll(() => scene.stop(), 60_000);
afterEach(async () => {
  scene.proxy.decide = () => undefined;
  scene.proxy.seen.length = 0;
  scene.asked.length = 0;
  // Whatever came of it, nothing that holds a URL stays.
  await eventually('no CaptureDownload is left', async () => (await scene.left()).length === 0);
});

const TARGETS = ['web-0_0a1b2c3d', 'web-1_4e5f6071'];
const filesOf = (name: string, count: number, shape = {}): RunFile[] => TARGETS.flatMap((target) => Array.from({ length: count }, (_, n) => aFile(prefixOf(scene.prefix, name), target, n + 1, shape)));
const pathOf = (cwd: string, name: string, file: RunFile): string => join(cwd, `${name}-${RUN_ID}`, file.target, file.key.split('/').at(-1) ?? '');
const gets = (key: string): number => scene.proxy.seen.filter((request) => request.key === key).length;
const noSecret = ({ stdout, stderr }: Outcome): void => expect(stdout + stderr).not.toMatch(/X-Amz|Signature|https?:/i);

describe('a download', () => {
  test('brings every file, verified, with the manifests, and prints their paths alone', async () => {
    const cwd = await scene.folder();
    const files = filesOf('whole', 3);
    const { manifests } = await scene.run('whole', prefixOf(scene.prefix, 'whole'), files, { pageSize: 4 });
    const outcome = await scene.cli(['download', 'whole'], { cwd });
    expect(outcome).toMatchObject({ code: EXIT.ok });
    expect(outcome.stdout.trim().split('\n')).toEqual(files.map((file) => pathOf(cwd, 'whole', file)));
    for (const file of files) expect(readFileSync(pathOf(cwd, 'whole', file)).equals(file.body)).toBe(true);
    expect(outcome.stderr).toContain('6 files of run');
    expect(outcome.stderr).toContain(', verified');
    expect(readdirSync(join(cwd, `whole-${RUN_ID}`, 'manifest'))).toEqual([manifests[0]?.split('/').at(-1)]);
    expect(scene.asked.map(({ spec }) => spec.offset)).toEqual([0, 4]);
    // Packets are nobody else's to read.
    expect(statSync(pathOf(cwd, 'whole', files[0] as RunFile)).mode & 0o077).toBe(0);
    noSecret(outcome);

    scene.proxy.seen.length = 0;
    const again = await scene.cli(['download', 'whole', '-o', 'json'], { cwd });
    expect(again.code).toBe(EXIT.ok);
    expect(again.stderr).toContain('6 of them there before');
    for (const file of files) expect(gets(file.key)).toBe(0);
    expect(JSON.parse(again.stdout)).toEqual({ runID: RUN_ID, directory: join(cwd, `whole-${RUN_ID}`), files: files.map((file) => ({ path: pathOf(cwd, 'whole', file), key: file.key, target: file.target, size: file.body.length, sha256: sha256(file.body), verified: true })) });
  });

  test('of one pod brings that pod\'s files, and names the targets where there is none of the name', async () => {
    const cwd = await scene.folder();
    const files = filesOf('picked', 2);
    await scene.run('picked', prefixOf(scene.prefix, 'picked'), files);
    const outcome = await scene.cli(['download', 'picked', '--target', 'web-1', '-d', 'here'], { cwd });
    expect(outcome.code).toBe(EXIT.ok);
    expect(readdirSync(join(cwd, 'here')).sort()).toEqual(['manifest', 'web-1_4e5f6071']);
    const none = await scene.cli(['download', 'picked', '--target', 'db-0', '-d', 'here'], { cwd });
    expect(none.code).toBe(EXIT.error);
    expect(none.stderr).toContain(`--target "db-0": run ${RUN_ID} has no such target; it has web-0_0a1b2c3d, web-1_4e5f6071`);
  });

  test('tells what the capture itself lost and what is still to come, and ends with the code for it', async () => {
    const cwd = await scene.folder();
    const files = filesOf('lossy', 1);
    const manifest = aManifest(files.map(({ entry }) => entry), { final: false, discards: { RingOverwrote: 17, Released: 5 } });
    manifest.ledger.packets = { ...manifest.ledger.packets, captured: 60, uploaded: 40, pending: 3, discarded: 22, released: 5, droppedByKernel: 9 };
    manifest.ledger.files.pending = 1;
    await scene.run('lossy', prefixOf(scene.prefix, 'lossy'), files, { manifest });
    const outcome = await scene.cli(['download', 'lossy'], { cwd });
    expect(outcome.code).toBe(EXIT.lossy);
    expect(outcome.stderr).toContain('17 packets discarded: the ring pushed files out before they were delivered');
    expect(outcome.stderr).toContain('at most 9 packets dropped by the kernel');
    expect(outcome.stderr).toContain('1 file with 3 packets not in the bucket yet');
  });

  test('with --merge gives one file besides, in time order, and its path alone', async () => {
    const cwd = await scene.folder();
    const files = filesOf('merged', 2, { compression: 'Gzip' });
    await scene.run('merged', prefixOf(scene.prefix, 'merged'), files);
    const outcome = await scene.cli(['download', '--merge', 'merged'], { cwd });
    const path = join(cwd, `merged-${RUN_ID}`, 'merged.pcapng');
    expect(outcome).toMatchObject({ code: EXIT.ok, stdout: `${path}\n` });
    expect(readFileSync(path).readUInt32LE(0)).toBe(0x0a0d0d0a);
    expect((await scene.cli(['download', 'merged', '--merge=one.pcap'], { cwd })).stdout).toBe(`${join(cwd, 'one.pcap')}\n`);
    const decoder = new PacketDecoder();
    const packets = decoder.push(readFileSync(join(cwd, 'one.pcap')));
    expect(packets).toHaveLength(80);
    expect(packets.every((packet, n) => n === 0 || byTime(packets[n - 1] ?? packet, packet) <= 0)).toBe(true);
    // Somebody's own file is not replaced unasked, nor is anything fetched for it.
    const asked = scene.asked.length;
    const again = await scene.cli(['download', 'merged', '--merge=one.pcap'], { cwd });
    expect(again.code).toBe(EXIT.error);
    expect(again.stderr).toContain('is replaced with --force');
    expect(scene.asked).toHaveLength(asked);
  });

  test('says plainly why the operator gives nothing out', async () => {
    const cwd = await scene.folder();
    scene.runs.set('refused', { prefix: '', files: [], manifests: [], conditions: [{ type: 'Ready', status: 'False', reason: 'RunNotFound', message: 'spec.runID "x": no such run' }] });
    const outcome = await scene.cli(['download', 'refused'], { cwd });
    expect(outcome.code).toBe(EXIT.notFound);
    expect(outcome.stderr).toContain('the files of packetcapture/refused cannot be had: RunNotFound: spec.runID "x": no such run');
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe('a bad network', () => {
  test('costs a resumed request, not the file', async () => {
    const cwd = await scene.folder();
    const files = [aFile(prefixOf(scene.prefix, 'cut'), TARGETS[0] ?? '', 1, { packets: 2000 })];
    await scene.run('cut', prefixOf(scene.prefix, 'cut'), files);
    const [file] = files as [RunFile];
    scene.proxy.decide = schedule([{ key: /pcap$/, times: 2, fault: { kind: 'cutAnswer', afterBytes: 50_000 } }, { key: /pcap$/, times: 1, skip: 2, fault: { kind: 'answer', status: 503 } }]);
    const outcome = await scene.cli(['download', 'cut'], { cwd });
    expect(outcome.code).toBe(EXIT.ok);
    expect(readFileSync(pathOf(cwd, 'cut', file)).equals(file.body)).toBe(true);
    expect(gets(file.key)).toBeGreaterThanOrEqual(4);
  });

  test('ends with the file named where its bytes are others than the manifest says, and both hashes', async () => {
    const cwd = await scene.folder();
    const files = filesOf('hurt', 1);
    await scene.run('hurt', prefixOf(scene.prefix, 'hurt'), files);
    const [bad, good] = files as [RunFile, RunFile];
    scene.proxy.decide = schedule([{ when: ({ key }) => key === bad.key, fault: { kind: 'corruptAnswer', atByte: 60 } }]);
    const outcome = await scene.cli(['download', 'hurt'], { cwd });
    expect(outcome.code).toBe(EXIT.error);
    const damaged = `${pathOf(cwd, 'hurt', bad)}.damaged`;
    expect(outcome.stderr).toContain(`sha256 ${sha256(readFileSync(damaged))}`);
    expect(outcome.stderr).toContain(sha256(bad.body));
    expect(outcome.stdout.trim()).toBe(pathOf(cwd, 'hurt', good));
    expect(existsSync(pathOf(cwd, 'hurt', bad))).toBe(false);
  });

  test('is left behind by Ctrl-C, and the same command goes on where it was', async () => {
    const cwd = await scene.folder();
    const files = [aFile(prefixOf(scene.prefix, 'stopped'), TARGETS[0] ?? '', 1, { packets: 2000 })];
    await scene.run('stopped', prefixOf(scene.prefix, 'stopped'), files);
    const [file] = files as [RunFile];
    scene.proxy.decide = schedule([{ key: /pcap$/, times: 1, fault: { kind: 'stallAnswer', afterBytes: 100_000 } }]);
    const ending = new AbortController();
    const running = scene.cli(['download', 'stopped'], { cwd, signal: ending.signal });
    const part = `${pathOf(cwd, 'stopped', file)}.part`;
    await eventually('a part is there', () => existsSync(part) && statSync(part).size === 100_000);
    ending.abort();
    expect((await running).code).toBe(EXIT.interrupted);
    expect(statSync(part).size).toBe(100_000);

    scene.proxy.decide = () => undefined;
    const outcome = await scene.cli(['download', 'stopped'], { cwd });
    expect(outcome.code).toBe(EXIT.ok);
    expect(readFileSync(pathOf(cwd, 'stopped', file)).equals(file.body)).toBe(true);
    expect(existsSync(part)).toBe(false);
  });

  test('and URLs past their time are asked for anew', async () => {
    const cwd = await scene.folder();
    const files = filesOf('expired', 2);
    await scene.run('expired', prefixOf(scene.prefix, 'expired'), files, { expirySeconds: 3 });
    // The store itself finds that its time is over.
    scene.proxy.decide = schedule([{ key: /pcap$/, times: 1, fault: { kind: 'delay', ms: 4500 } }]);
    const outcome = await scene.cli(['download', 'expired', '--parallel', '1'], { cwd });
    expect(outcome).toMatchObject({ code: EXIT.ok });
    for (const file of files) expect(readFileSync(pathOf(cwd, 'expired', file)).equals(file.body)).toBe(true);
    expect(scene.asked.length).toBeGreaterThan(1);
  });

  test('whose bucket is not reached from here is told the fix', async () => {
    const cwd = await scene.folder();
    await scene.run('far', prefixOf(scene.prefix, 'far'), filesOf('far', 1), { endpoint: 'http://s3.storage.svc.invalid:9000' });
    const outcome = await scene.cli(['download', 'far'], { cwd });
    expect(outcome.code).toBe(EXIT.error);
    expect(outcome.stderr).toContain('s3.storage.svc.invalid:9000: this name is not known here');
    expect(outcome.stderr).toContain('spec.s3.externalEndpoint of the ClusterCaptureDestination');
    noSecret(outcome);
  });
});

describe('hostile: key', () => {
  test('keys that lead out of the folder → they are not written, and are named', async () => {
    const cwd = await scene.folder();
    const prefix = prefixOf(scene.prefix, 'keys');
    const files = filesOf('keys', 1);
    const signing = await scene.run('keys', prefix, files);
    const bad = ['../../../etc/cron.d/x', `${prefix}../x.pcap`, `/${RUN_ID}/../x`, `${prefix}web-0_0a1b2c3d/../../../01-000001_20261120T030512Z.pcap`, `${prefix}web-0_0a1b2c3d/..\\..\\x.pcap`, `${prefix}web-0_0a1b2c3d/\u001b[2J.pcap`, `${prefix}manifest/01-000001_20261120T030512Z.pcap`, `${prefix}WEB-0_0a1b2c3d/01-000001_20261120T030513Z.pcap`];
    signing.files.push(...bad.map((key) => ({ key, size: 1 })));
    const outcome = await scene.cli(['download', 'keys', '-d', 'in'], { cwd });
    expect(outcome.code).toBe(EXIT.error);
    expect(outcome.stderr.match(/can be no file of run/g)).toHaveLength(bad.length);
    expect(outcome.stderr).not.toContain('\u001b');
    expect(readdirSync(cwd)).toEqual(['in']);
    expect(readdirSync(join(cwd, 'in')).sort()).toEqual(['manifest', ...TARGETS]);
    expect(outcome.stdout.trim().split('\n')).toHaveLength(2);
  });

  test('links in the folder → they are not followed, and files of others are not touched without --force', async () => {
    const cwd = await scene.folder();
    const files = filesOf('links', 1);
    await scene.run('links', prefixOf(scene.prefix, 'links'), files);
    const [first, second] = files as [RunFile, RunFile];
    const elsewhere = await scene.folder();
    writeFileSync(join(elsewhere, 'precious'), 'precious');
    mkdirSync(join(cwd, `links-${RUN_ID}`, first.target), { recursive: true });
    symlinkSync(join(elsewhere, 'precious'), `${pathOf(cwd, 'links', first)}.part`);
    symlinkSync(elsewhere, join(cwd, `links-${RUN_ID}`, second.target));
    const outcome = await scene.cli(['download', 'links', '--force'], { cwd });
    expect(outcome.code).toBe(EXIT.error);
    expect(readFileSync(join(elsewhere, 'precious'), 'utf8')).toBe('precious');
    expect(readdirSync(elsewhere)).toEqual(['precious']);
    expect(outcome.stderr).toContain('links are not followed');
  });

  test("another's file of the same name → it stays as it is without --force, and is replaced with it", async () => {
    const cwd = await scene.folder();
    const files = filesOf('others', 1);
    await scene.run('others', prefixOf(scene.prefix, 'others'), files);
    const [first] = files as [RunFile];
    mkdirSync(join(cwd, `others-${RUN_ID}`, first.target), { recursive: true });
    writeFileSync(pathOf(cwd, 'others', first), 'mine');
    const outcome = await scene.cli(['download', 'others'], { cwd });
    expect(outcome.code).toBe(EXIT.error);
    expect(outcome.stderr).toContain('it is not touched without --force');
    expect(readFileSync(pathOf(cwd, 'others', first), 'utf8')).toBe('mine');
    expect((await scene.cli(['download', 'others', '--force'], { cwd })).code).toBe(EXIT.ok);
    expect(readFileSync(pathOf(cwd, 'others', first)).equals(first.body)).toBe(true);
  });
});
