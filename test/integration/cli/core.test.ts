// start, list, stop, snapshot, delete and completion against a real API server, with rights that RBAC gives and takes.
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PACKET_CAPTURES } from '../../../src/api/kinds.js';
import { createKube } from '../../../src/kube/client.js';
import type { Kube } from '../../../src/kube/kube.js';
import type { KubeObject } from '../../../src/kube/object.js';
import { run as runIn, start, type Ran } from '../../unit/cli/support.js';
import { startApiServer, type ApiServer } from '../api-server.js';
import { bundle } from '../bundle.js';
import { eventually } from '../eventually.js';

let apiServer: ApiServer;
let admin: Kube;
let folder: string;
/** Kubeconfigs of users, by name. */
const configs = new Map<string, string>();

beforeAll(async () => {
  apiServer = await startApiServer();
  admin = createKube(apiServer.kubeConfig, { userAgent: 'test/1' });
  folder = await mkdtemp(path.join(tmpdir(), 'cli-core-'));
  configs.set('admin', apiServer.kubeconfigPath);
  for (const user of ['viewer', 'editor']) configs.set(user, (await apiServer.addUser(user)).kubeconfigPath);
  for (const namespace of ['shop', 'bank']) await apiServer.kubectl(['create', 'namespace', namespace]);
}, 60_000);
afterAll(async () => {
  await apiServer.stop();
  await rm(folder, { recursive: true, force: true });
}, 30_000);

const envOf = (user: string) => ({ KUBECONFIG: configs.get(user) as string, PATH: process.env['PATH'] as string });
const as = (user: string, ...args: string[]): Promise<Ran> => runIn(args, { env: envOf(user) });
const server = (): string => `https://127.0.0.1:${apiServer.port}`;

describe('where PacketCapture is not installed', () => {
  test.each([[['list']], [['list', '-o', 'json']], [['stop', 'web']], [['start', 'web-0']], [['delete', 'web']], [['snapshot', 'web']]])('%j says so, and how to install it', async (args) => {
    const { code, stdout, stderr } = await as('admin', ...args);
    expect({ code, stdout }).toEqual({ code: 7, stdout: '' });
    expect(stderr).toBe(`error: ${server()} does not serve packetcapture.dev: PacketCapture is not installed there; install it with kubectl apply -k config/default, or use another --context (kubectl pktcap check says what is missing)\n`);
  });
});

describe('where it is', () => {
  beforeAll(async () => {
    await apiServer.apply('config/default');
    await eventually('captures are served', () => apiServer.kubectl(['get', 'packetcaptures', '-A']));
    for (const [user, role] of [['viewer', 'view'], ['editor', 'view'], ['editor', 'edit']]) await apiServer.kubectl(['create', 'rolebinding', `${user}-${role}`, `--clusterrole=packetcapture-${role}`, `--user=${user}`, '-n', 'shop']);
  }, 60_000);

  const get = (name: string, namespace = 'shop') => admin.get<KubeObject & { spec: object }>(PACKET_CAPTURES, namespace, name);
  const setStatus = (name: string, status: object) => admin.patch(PACKET_CAPTURES, 'shop', name, { status }, { type: 'merge', subresource: 'status' });

  describe('start', () => {
    test.each([
      [['pod/web-0', '--filter', 'tcp port 8080', '-d', '2m', '--ring', '10M/30s']],
      [['deploy/web', '--recorder', '--compression', 'gzip', '--max-targets', '3']],
      [['-l', 'app=on,tier in (a,b),!x', '--destination', 'team', '--', 'host', '10.0.0.1', 'and', 'port', '53']],
      [['svc/web', '-i', 'eth0', '--snap-length=96', '--buffer-size=1Mi', '--max-size=1048576', '--max-packets=5', '--spool=8M', '--ring', '5/2s', '--filter', 'tcp[13] & 2 != 0']],
    ])('%j: what the dry run prints, applied, gives the same capture', async (args) => {
      const { stdout: file, code } = await as('editor', 'start', '-n', 'shop', '--name', 'file', '--dry-run=client', ...args);
      expect(code).toBe(0);
      await apiServer.kubectl(['apply', '-f', '-'], file);
      expect(await as('editor', 'start', '-n', 'shop', '--name', 'made', ...args)).toEqual({ code: 0, stdout: 'packetcapture.packetcapture.dev/made created\n', stderr: '' });
      expect((await get('made'))?.spec).toEqual((await get('file'))?.spec);
      expect(await as('editor', 'delete', '-n', 'shop', 'made', 'file')).toMatchObject({ code: 0, stdout: 'packetcapture.packetcapture.dev "made" deleted\npacketcapture.packetcapture.dev "file" deleted\n' });
      expect(await get('made')).toBeUndefined();
    });

    test('with --dry-run=server has it checked and completed, and stores nothing', async () => {
      const { code, stdout } = await as('editor', 'start', 'web-0', '-n', 'shop', '--name', 'dry', '--dry-run=server', '-o', 'json');
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ metadata: { name: 'dry', namespace: 'shop' }, spec: { duration: '5m' } });
      expect(await get('dry')).toBeUndefined();
    });

    test('takes no name that is taken, and finds another where it may', async () => {
      await as('editor', 'start', 'web-0', '-n', 'shop', '--name', 'web-0-bbbb');
      expect(await as('editor', 'start', 'web-0', '-n', 'shop', '--name', 'web-0-bbbb')).toMatchObject({ code: 1, stderr: expect.stringContaining('packetcaptures "web-0-bbbb" already exists in namespace "shop": use another --name') });
      let turn = 0;
      const { stdout } = await runIn(['start', 'web-0', '-n', 'shop', '-o', 'name'], { env: envOf('editor'), random: () => (turn++ < 4 ? 0 : 0.999) });
      expect(stdout).toBe('packetcapture.packetcapture.dev/web-0-9999\n');
      await as('editor', 'delete', 'web-0-bbbb', 'web-0-9999', '-n', 'shop');
    });
  });

  describe('rights', () => {
    test('that somebody lacks are named: who, what, where, and the role that gives it', async () => {
      expect(await as('viewer', 'start', 'web-0', '-n', 'shop')).toEqual({
        code: 6,
        stdout: '',
        stderr: 'error: user "viewer" may not create packetcaptures.packetcapture.dev in namespace "shop": the ClusterRole packetcapture-edit (part of edit and admin), or packetcapture-creator, gives it\n',
      });
      expect(await as('editor', 'list', '-n', 'bank')).toMatchObject({ code: 6, stderr: 'error: user "editor" may not list packetcaptures.packetcapture.dev in namespace "bank": the ClusterRole packetcapture-view (part of view, edit and admin) gives it\n' });
      expect(await as('editor', 'list', '-A')).toMatchObject({ code: 6, stderr: expect.stringMatching(/^error: user "editor" may not list packetcaptures\.packetcapture\.dev in all namespaces: .*, or name one namespace with -n\n$/) });
    });

    test('are those of whom --as, --as-group and --as-uid name', async () => {
      expect(await as('admin', 'list', '-n', 'shop', '--as', 'viewer')).toMatchObject({ code: 0 });
      expect(await as('admin', 'list', '-n', 'bank', '--as', 'viewer')).toMatchObject({ code: 6, stderr: expect.stringContaining('user "viewer" may not list') });
      await apiServer.kubectl(['create', 'rolebinding', 'team', '--clusterrole=packetcapture-view', '--group=team', '-n', 'bank']);
      expect(await as('admin', '--as=jane', 'list', '-n', 'bank', '--as-group=others', '--as-group=team')).toMatchObject({ code: 0 });
      expect(await as('admin', '--as=jane', 'list', '-n', 'bank', '--as-group=others')).toMatchObject({ code: 6 });
      expect(await as('viewer', 'list', '-n', 'shop', '--as', 'editor')).toMatchObject({ code: 6, stderr: expect.stringContaining('user "viewer" may not impersonate users') });
      expect(await as('admin', 'list', '-n', 'shop', '--as-group=team')).toMatchObject({ code: 1, stderr: expect.stringContaining('add --as') });
    });

    test('of nobody: credentials that are not accepted', async () => {
      const { 'certificate-authority': ca } = (JSON.parse(await readFile(apiServer.kubeconfigPath, 'utf8')) as { clusters: [{ cluster: Record<string, string> }] }).clusters[0].cluster;
      const args = ['list', '--server', server(), '--certificate-authority', ca as string, '--token', 'expired'];
      const { code, stderr } = await runIn(args, { env: { HOME: '/nonexistent' } });
      expect({ code, stderr }).toEqual({ code: 1, stderr: `error: ${server()} does not accept the credentials of user "user" of the kubeconfig: they are wrong or have expired; log in again, or use another --context, --user or --token\n` });
      expect(await runIn(args.filter((arg) => !arg.includes('certificate') && arg !== ca), { env: { HOME: '/nonexistent' } })).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be trusted') });
      expect(await runIn([...args.filter((arg) => !arg.includes('certificate') && arg !== ca), '--insecure-skip-tls-verify'], { env: { HOME: '/nonexistent' } })).toMatchObject({ code: 1, stderr: expect.stringContaining('does not accept the credentials') });
    });
  });

  describe('a kubeconfig', () => {
    test('may be of several files, of which the first that names something counts', async () => {
      const whole = JSON.parse(await readFile(configs.get('viewer') as string, 'utf8')) as Record<string, unknown>;
      const [first, second] = [path.join(folder, 'first'), path.join(folder, 'second')];
      await writeFile(first, JSON.stringify({ contexts: [{ name: 'mine', context: { cluster: 'test', user: 'viewer', namespace: 'shop' } }], 'current-context': 'mine' }));
      await writeFile(second, JSON.stringify({ ...whole, 'current-context': 'other', contexts: [{ name: 'mine', context: { cluster: 'none', user: 'none' } }] }));
      const { code, stderr } = await runIn(['list'], { env: { KUBECONFIG: [path.join(folder, 'missing'), first, second].join(path.delimiter) } });
      expect({ code, stderr }).toEqual({ code: 0, stderr: 'No captures found in shop namespace.\n' });
    });

    test('may name a program that says the credentials', async () => {
      const { clusters, users } = JSON.parse(await readFile(configs.get('viewer') as string, 'utf8')) as { clusters: object[]; users: [{ user: Record<string, string> }] };
      const [certificate, key] = await Promise.all([users[0].user['client-certificate'], users[0].user['client-key']].map((file) => readFile(file as string, 'utf8')));
      const program = path.join(folder, 'login');
      const answer = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { clientCertificateData: certificate, clientKeyData: key } };
      await writeFile(program, `#!/bin/sh\nprintf '%s' "$KUBERNETES_EXEC_INFO $WHO $1" > "${folder}/asked"\ncat <<'END'\n${JSON.stringify(answer)}\nEND\n`);
      await chmod(program, 0o755);
      const config = path.join(folder, 'with-program');
      const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: './login', args: ['now'], env: [{ name: 'WHO', value: 'viewer' }], interactiveMode: 'IfAvailable', provideClusterInfo: true };
      await writeFile(config, JSON.stringify({ clusters, users: [{ name: 'u', user: { exec } }], contexts: [{ name: 'c', context: { cluster: 'test', user: 'u' } }], 'current-context': 'c' }));
      expect(await runIn(['list', '-n', 'shop'], { env: { KUBECONFIG: config, PATH: process.env['PATH'] } })).toMatchObject({ code: 0 });
      expect(await readFile(path.join(folder, 'asked'), 'utf8')).toMatch(new RegExp(`"spec":\\{"interactive":false,"cluster":\\{"server":"${server()}".* viewer now$`));
      await rm(program);
      expect(await runIn(['list', '-n', 'shop'], { env: { KUBECONFIG: config, PATH: process.env['PATH'] } })).toMatchObject({ code: 1, stderr: `error: kubeconfig: no credentials from "${program}": there is no such program; install it, or put it on PATH\n` });
    });
  });

  describe('with captures', () => {
    beforeAll(async () => {
      for (const name of ['web', 'quiet']) await as('editor', 'start', 'web-0', '-n', 'shop', '--name', name, '--filter', 'tcp port 80');
      await admin.patch(PACKET_CAPTURES, 'shop', 'web', { metadata: { labels: { team: 'web' } } }, { type: 'merge' });
      await admin.create(PACKET_CAPTURES, 'bank', { apiVersion: 'packetcapture.dev/v1alpha1', kind: 'PacketCapture', metadata: { name: 'safe' }, spec: { target: { podName: 'safe-0' } } });
      await setStatus('web', { phase: 'Capturing', summary: { target: 'web-0', size: '12M', nodes: 'node-a' }, packets: { captured: 1200, lost: 0 }, files: { captured: 3 }, run: { id: '20261122T000000Z-aaaaaa', startTime: '2026-11-22T00:00:00Z', location: 's3://captures/shop/web' }, conditions: [{ type: 'Ready', status: 'True', reason: 'Capturing', message: 'x', lastTransitionTime: '2026-11-22T00:00:00Z' }] });
    });

    /** Ages go on between two looks. */
    const ageless = (text: string): string => text.replace(/\b(\d+[smhd]){1,2}(\s|$)/gm, 'AGE$2').replace(/ +/g, ' ');

    test.each([[['-n', 'shop']], [['-n', 'shop', '-o', 'wide']], [['-A']], [['-A', '-o', 'wide', '--no-headers']], [['-n', 'shop', '-l', 'team=web']], [['-n', 'shop', '-o', 'name']]])('list %j prints what kubectl get prints', async (args) => {
      const { code, stdout } = await as('admin', 'list', ...args);
      expect(code).toBe(0);
      expect(ageless(stdout)).toBe(ageless(await apiServer.kubectl(['get', 'packetcaptures', ...args])));
      expect(stdout).toContain('web');
    });

    test('list -o json and yaml are what kubectl makes of them', async () => {
      const items = (text: string): unknown => (JSON.parse(text) as { items: { metadata: object }[] }).items.map(({ metadata, ...rest }) => ({ ...rest, metadata: { ...metadata, managedFields: undefined } }));
      expect(items((await as('admin', 'list', '-A', '-o', 'json')).stdout)).toEqual(items(await apiServer.kubectl(['get', 'packetcaptures', '-A', '-o', 'json'])));
      const { stdout } = await as('admin', 'list', '-n', 'shop', '-o', 'yaml');
      expect(await apiServer.kubectl(['apply', '--dry-run=server', '-f', '-', '-o', 'name'], stdout)).toBe('packetcapture.packetcapture.dev/quiet\npacketcapture.packetcapture.dev/web\n');
    });

    test('stop ends the run that it saw, and what goes wrong with one name holds up no other', async () => {
      const { code, stdout, stderr } = await as('editor', 'stop', 'nothing', 'web', 'quiet', '-n', 'shop');
      expect({ code, stdout }).toEqual({ code: 7, stdout: 'packetcapture/web run 20261122T000000Z-aaaaaa is asked to stop\n' });
      expect(stderr).toBe(
        'error: packetcaptures "nothing" not found in namespace "shop"; kubectl pktcap list -n shop shows those that are there\n' +
          'error: packetcapture/quiet has no run to stop: the operator has not looked at it yet; to have none begin, delete it: kubectl pktcap delete quiet -n shop\n',
      );
      expect(await get('web')).toMatchObject({ metadata: { annotations: { 'packetcapture.dev/stop': '20261122T000000Z-aaaaaa' } } });
    });

    test('snapshot --wait says where the snapshot is once it is there', async () => {
      const running = start(['snapshot', 'web', '--wait', '-n', 'shop'], { env: envOf('editor') });
      const token = await eventually('a token is printed', () => running.out().trim() || undefined);
      expect(await get('web')).toMatchObject({ metadata: { annotations: { 'packetcapture.dev/snapshot': token } } });
      await setStatus('web', { snapshots: [{ token, time: '2026-11-22T00:01:00Z', location: 's3://captures/shop/web/snap' }] });
      await setStatus('web', { snapshots: [{ token, time: '2026-11-22T00:01:00Z', completionTime: '2026-11-22T00:01:02Z', location: 's3://captures/shop/web/snap', packets: { captured: 7, uploaded: 7, pending: 0, discarded: 0 } }] });
      expect(await running.ended).toEqual({ code: 0, stdout: `${token}\n7 packets are in s3://captures/shop/web/snap\n`, stderr: '' });
      const second = await as('editor', 'snapshot', 'web', '-n', 'shop');
      expect(second.stdout.trim()).not.toBe(token);
      const third = start(['snapshot', 'web', '--wait', '--timeout', '1s', '-n', 'shop'], { env: envOf('editor') });
      expect(await third.ended).toMatchObject({ code: 5, stderr: expect.stringContaining('is not in the bucket within 1s') });
    });

    test('completion offers captures, targets and namespaces', async () => {
      const words = async (...args: string[]) => (await as('admin', '__complete', ...args)).stdout.split('\n').slice(0, -1);
      expect(await words('stop', '-n', 'shop', '')).toEqual(['quiet', 'web\tCapturing', ':4']);
      expect(await words('stop', 'web', '-n', 'shop', '')).toEqual(['quiet', ':4']);
      expect(await words('list', '-n', 'ba')).toEqual(['bank', ':4']);
      await apiServer.kubectl(['create', 'deployment', 'web', '--image=x', '-n', 'shop']);
      await apiServer.kubectl(['run', 'web-0', '--image=x', '-n', 'shop']);
      expect(await words('start', '-n', 'shop', 'd')).toEqual(['deploy/', 'ds/', ':6']);
      expect(await words('start', '-n', 'shop', 'deploy/')).toEqual(['deploy/web', ':4']);
      expect(await words('start', '-n', 'shop', 'we')).toEqual(['web-0', ':4']);
      expect(await words('live', '-n', 'shop', 'w')).toEqual(['web\tCapturing', ':4']);
      expect((await as('viewer', '__complete', 'list', '-n', '')).stdout).toBe(':4\n');
    });

    describe('hostile: terminal', () => {
      test('a status with escapes in every column → list, stop and snapshot show them as code points', async () => {
        const escape = '\u001b]0;owned\u0007\u009b2J\u202e';
        await as('editor', 'start', 'web-0', '-n', 'shop', '--name', 'hostile');
        await setStatus('hostile', { phase: escape, summary: { target: escape, size: escape, nodes: escape }, run: { id: escape, location: `s3://${escape}`, stopReason: escape }, conditions: [{ type: 'Ready', status: 'True', reason: escape, message: escape, lastTransitionTime: '2026-11-22T00:00:00Z' }] });
        const shown = await Promise.all([['list', '-o', 'wide'], ['list', '-o', 'json'], ['list', '-o', 'yaml'], ['stop', 'hostile'], ['__complete', 'stop', '']].map((args) => as('editor', ...args, '-n', 'shop').then((ran) => ran)));
        const completed = await as('editor', '__complete', 'stop', '-n', 'shop', 'host');
        for (const { stdout, stderr } of [...shown, completed]) expect((stdout + stderr).replaceAll(/[\n\t]/g, '')).not.toMatch(/\p{C}/u);
        expect(shown[0]?.stdout).toContain('\\u{1b}]0;owned');
      });
    });

    describe('as a process', () => {
      const plugin = (): string => bundle('src/cli/main.ts');

      test('ends at once with 130 when it is interrupted', async () => {
        const child = spawn(process.execPath, [plugin(), 'snapshot', 'web', '--wait', '-n', 'shop'], { env: envOf('editor') });
        await new Promise((resolve) => child.stdout.once('data', resolve));
        child.kill('SIGINT');
        expect(await new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)))).toBe(130);
      });

      test('ends quietly where its reader goes away', async () => {
        const child = spawn('/bin/sh', ['-c', `"$NODE" "$PLUGIN" list -A -o yaml | head -n 1; echo done`], { env: { ...envOf('admin'), NODE: process.execPath, PLUGIN: plugin() } });
        let [out, err] = ['', ''];
        child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
        child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
        await new Promise((resolve) => child.once('close', resolve));
        expect({ out, err: err.replaceAll(/^.*DeprecationWarning.*\n.*\n/gm, '') }).toEqual({ out: 'apiVersion: v1\ndone\n', err: '' });
      });
    });
  });
});
