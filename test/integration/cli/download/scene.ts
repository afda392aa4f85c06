// Where downloads play: a real API server and a real bucket behind a proxy, and in the operator's place a signer that answers CaptureDownloads with what a test put there.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'minio';
import { CAPTURE_DOWNLOADS } from '../../../../src/api/kinds.js';
import { runCli } from '../../../../src/cli/program.js';
import { createKube } from '../../../../src/kube/client.js';
import type { Kube } from '../../../../src/kube/kube.js';
import type { KubeObject } from '../../../../src/kube/object.js';
import type { Manifest } from '../../../../src/protocol/manifest.js';
import { aManifest, keyOfManifest, RUN_ID, type RunFile } from '../../../unit/cli/download/a-run.js';
import { testIo } from '../../../unit/cli/test-io.js';
import { startApiServer, type ApiServer } from '../../api-server.js';
import { eventually } from '../../eventually.js';
import { startFaultProxy, type FaultProxy } from '../../storage/fault-proxy.js';
import { bucket, ownPrefix, removeAll } from '../../storage/sandbox-bucket.js';

export const NAMESPACE = 'shop';

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** What the signer says of a run. */
export interface Signing {
  prefix: string;
  files: { key: string; size?: number; sha256?: string }[];
  manifests: string[];
  /** Of a page. */
  pageSize?: number;
  /** Of URLs: seconds. */
  expirySeconds?: number;
  endpoint?: string;
  /** In the place of an answer. */
  conditions?: object[];
}

interface Download extends KubeObject {
  spec: { captureName: string; offset: number; limit: number };
  status?: { conditions?: unknown[] };
}

export class DownloadScene {
  /** By the capture's name. */
  readonly runs = new Map<string, Signing>();
  readonly asked: Download[] = [];
  readonly prefix = ownPrefix();
  private folders: string[] = [];
  private ended = false;
  private signing: Promise<void> = Promise.resolve();

  private constructor(
    readonly apiServer: ApiServer,
    readonly admin: Kube,
    readonly proxy: FaultProxy,
  ) {}

  static async start(): Promise<DownloadScene> {
    const apiServer = await startApiServer();
    const admin = createKube(apiServer.kubeConfig, { userAgent: 'test/1' });
    const scene = new DownloadScene(apiServer, admin, await startFaultProxy(bucket.endpoint));
    await apiServer.apply('crds');
    await apiServer.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
    await apiServer.kubectl(['create', 'namespace', NAMESPACE]);
    await eventually('downloads are served', () => admin.list(CAPTURE_DOWNLOADS, NAMESPACE));
    scene.signing = scene.sign();
    return scene;
  }

  async stop(): Promise<void> {
    this.ended = true;
    await this.signing;
    this.admin.close();
    await this.proxy.close();
    await this.apiServer.stop();
    await removeAll(this.prefix);
    for (const folder of this.folders) await rm(folder, { recursive: true, force: true });
  }

  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'download-'));
    this.folders.push(folder);
    return folder;
  }

  private client(endpoint = bucket.endpoint): Client {
    const { hostname, port, protocol } = new URL(endpoint);
    const { accessKeyId, secretAccessKey } = bucket.credentials;
    return new Client({ endPoint: hostname, port: Number(port), useSSL: protocol === 'https:', region: bucket.region, accessKey: accessKeyId, secretKey: secretAccessKey });
  }

  async put(key: string, body: Buffer): Promise<void> {
    await this.client().putObject(bucket.name, key, body);
  }

  /** Puts a run into the bucket, and has the signer know it. */
  async run(name: string, prefix: string, files: RunFile[], { manifest = aManifest(files.map(({ entry }) => entry)), ...override }: Partial<Signing> & { manifest?: Manifest } = {}): Promise<Signing> {
    const key = keyOfManifest(prefix, manifest);
    await Promise.all([...files.map((file) => this.put(file.key, file.body)), this.put(key, Buffer.from(JSON.stringify(manifest)))]);
    const signing: Signing = { prefix, files: files.map(({ entry }) => ({ key: entry.key ?? '', size: entry.size, ...(entry.sha256 !== undefined && { sha256: entry.sha256 }) })), manifests: [key], ...override };
    this.runs.set(name, signing);
    return signing;
  }

  private async sign(): Promise<void> {
    while (!this.ended) {
      const { items } = await this.admin.list<Download>(CAPTURE_DOWNLOADS, NAMESPACE).catch(() => ({ items: [] as Download[] }));
      for (const item of items) if (!item.status?.conditions) await this.answer(item).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  private async answer(download: Download): Promise<void> {
    const run = this.runs.get(download.spec.captureName);
    if (!run) return;
    this.asked.push(download);
    const { files, manifests, pageSize = download.spec.limit, expirySeconds = 300, endpoint = this.proxy.endpoint } = run;
    const client = this.client(endpoint);
    const url = (key: string): Promise<string> => client.presignedGetObject(bucket.name, key, expirySeconds);
    const { offset } = download.spec;
    const page = files.slice(offset, offset + Math.min(pageSize, download.spec.limit));
    const ready = { type: 'Ready', status: 'True', reason: 'Signed', message: 'x', lastTransitionTime: new Date().toISOString() };
    const status = run.conditions
      ? { observedGeneration: 1, conditions: run.conditions }
      : {
          observedGeneration: 1,
          runID: RUN_ID,
          expirationTime: new Date(Date.now() + expirySeconds * 1000).toISOString(),
          total: files.length,
          files: await Promise.all(page.map(async (file) => ({ ...file, url: await url(file.key) }))),
          manifests: await Promise.all(manifests.map(async (key) => ({ key, url: await url(key) }))),
          conditions: [ready],
        };
    await this.admin.patch(CAPTURE_DOWNLOADS, NAMESPACE, download.metadata.name, { status }, { type: 'merge', subresource: 'status' });
  }

  left = async (): Promise<string[]> => (await this.admin.list(CAPTURE_DOWNLOADS, NAMESPACE)).items.map(({ metadata }) => metadata.name);

  /** The plugin's own program, in this process. */
  async cli(args: string[], { cwd, signal = new AbortController().signal, env = {} }: { cwd: string; signal?: AbortSignal; env?: Record<string, string> }): Promise<Outcome> {
    const io = testIo({ cwd, signal, env });
    const code = await runCli([...args, '--kubeconfig', this.apiServer.kubeconfigPath, '-n', NAMESPACE], io);
    return { code, stdout: io.out(), stderr: io.err() };
  }
}
