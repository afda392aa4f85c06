// The Kubernetes objects that YAML in the documentation is, or would be when the rest of it is written.
import { isMap, isSeq, parseAllDocuments, type Document } from 'yaml';
import { captureDestinationSpecSchema, s3Schema } from '../../../../src/api/destination.js';
import { packetCaptureSpecSchema } from '../../../../src/api/packetcapture.js';
import { API_VERSION } from '../../../../src/api/group.js';
import { API_KIND } from '../../../../src/api/kinds.js';

export interface Shown {
  apiVersion: string;
  kind: string;
  metadata?: { name?: string; generateName?: string; namespace?: string; annotations?: Record<string, string>; labels?: Record<string, string> };
  spec?: Record<string, unknown>;
  [field: string]: unknown;
}

/** As YAML 1.1: so kubectl reads it, where `no` and `on` are no strings. */
export function objectsOf(text: string): Shown[] {
  return parseAllDocuments(text, { version: '1.1', merge: false }).flatMap((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem) throw new Error(problem.message);
    if (document.contents === null) return [];
    return wholeOf(document);
  });
}

function wholeOf(document: Document): Shown[] {
  const shown: unknown = document.toJS();
  if (isSeq(document.contents)) return [ofList(shown as Record<string, unknown>[])];
  if (!isMap(document.contents)) throw new Error('is neither an object nor a field of one');
  const object = shown as Record<string, unknown>;
  if (typeof object['apiVersion'] === 'string' && typeof object['kind'] === 'string') {
    return object['kind'] === 'List' ? (object['items'] as Shown[]) : [object as Shown];
  }
  return [completed(object)];
}

const CAPTURE_FIELDS = Object.keys(packetCaptureSpecSchema.shape);
const DESTINATION_FIELDS = Object.keys(captureDestinationSpecSchema.shape);
const S3_FIELDS = Object.keys(s3Schema.shape);

const destination = (spec: { s3?: object }): Shown => ({ apiVersion: API_VERSION, kind: API_KIND.destination, metadata: { name: 'shown' }, spec: { ...spec, s3: { bucket: 'captures', auth: { secretRef: { name: 'shown' } }, ...spec.s3 } } });
const capture = (fields: object): Shown => ({ apiVersion: API_VERSION, kind: API_KIND.capture, metadata: { name: 'shown' }, spec: { target: { podName: 'web-0' }, ...fields } });

/** A fragment, with the least that it lacks. Throws where it cannot be told of what it is one. */
function completed(fragment: Record<string, unknown>): Shown {
  const { metadata, spec, ...others } = fragment;
  const fields = Object.keys(others);
  const areAll = (known: string[]): boolean => fields.length > 0 && fields.every((field) => known.includes(field));
  if (spec !== undefined && fields.length === 0) {
    const inner = spec as Record<string, unknown>;
    const keys = Object.keys(inner);
    const whole = keys.some((key) => DESTINATION_FIELDS.includes(key)) ? destination(inner) : keys.includes('captureName') ? { apiVersion: API_VERSION, kind: 'CaptureDownload', metadata: { name: 'shown' }, spec: inner } : capture(inner);
    return { ...whole, metadata: { name: 'shown', ...(metadata as object | undefined) } };
  }
  if (metadata !== undefined && fields.length === 0) return { ...capture({}), metadata: { name: 'shown', ...(metadata as object) } };
  if (areAll(['resources', 'components', 'patches', 'images', 'namespace', 'patchesStrategicMerge', 'configMapGenerator', 'secretGenerator', 'bases'])) return { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', ...others };
  if (areAll(DESTINATION_FIELDS)) return destination(others);
  if (areAll(CAPTURE_FIELDS)) return capture(others);
  if (areAll(S3_FIELDS)) return destination({ s3: others });
  if (areAll(['args'])) return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'packetcapture-operator', namespace: 'packetcapture-system' }, spec: { selector: { matchLabels: { app: 'shown' } }, template: { metadata: { labels: { app: 'shown' } }, spec: { containers: [{ name: 'operator', image: 'shown', ...others }] } } } };
  throw new Error(`a fragment of what? ${[...Object.keys(fragment)].join(', ')}: begin it at spec:, or with a field of it, or write the whole object`);
}

/** Rules of a role. */
function ofList(items: Record<string, unknown>[]): Shown {
  if (items.every((item) => 'verbs' in item)) return { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'shown' }, rules: items };
  throw new Error('a list of what? Write the field that holds it');
}
