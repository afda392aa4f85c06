// What is wrong with a destination's spec that its schema accepts, and the schema's own findings where an API server did not look.
import { captureDestinationSpecSchema, type CaptureDestinationSpec } from '../api/destination.js';
import { selectorProblem } from '../api/label-selector.js';
import { authOf } from './destination-auth.js';
import { refused, type Obstacle } from './waiting.js';

/** undefined: it can be used. */
export function destinationProblem(spec: unknown): Obstacle | undefined {
  const parsed = captureDestinationSpecSchema.safeParse(spec);
  if (!parsed.success) return refused('InvalidSpec', parsed.error.issues.map((issue) => `spec.${issue.path.join('.')}: ${issue.message}`).join('; '));
  const problem = endpointProblem('endpoint', parsed.data.s3) ?? endpointProblem('externalEndpoint', parsed.data.s3) ?? authOf(parsed.data.s3).problem ?? prefixProblem(parsed.data.s3) ?? encryptionProblem(parsed.data.s3) ?? namespacesProblem(parsed.data);
  return problem === undefined ? undefined : refused('InvalidSpec', problem);
}

/** A pattern does not know every port and every host that none can be. */
function endpointProblem(field: 'endpoint' | 'externalEndpoint', s3: CaptureDestinationSpec['s3']): string | undefined {
  const url = s3[field];
  return url === undefined || URL.canParse(url) ? undefined : `spec.s3.${field} ${JSON.stringify(url)}: is no URL; use a scheme, a host and perhaps a port, such as "https://s3.example.com:9000"`;
}

/** S3 clients and file systems would resolve such segments: all others stay below the prefix. */
function prefixProblem({ prefix = '' }: CaptureDestinationSpec['s3']): string | undefined {
  const dots = prefix.split('/').find((segment) => segment === '.' || segment === '..');
  return dots === undefined ? undefined : `spec.s3.prefix "${prefix}": holds a segment "${dots}"; use plain names such as "clusters/prod/"`;
}

function encryptionProblem({ encryption }: CaptureDestinationSpec['s3']): string | undefined {
  if (encryption?.kmsKeyID === undefined || encryption.type === 'SSEKMS') return undefined;
  return `spec.s3.encryption.kmsKeyID ${JSON.stringify(encryption.kmsKeyID)}: ${encryption.type} has no key of its own; use "type: SSEKMS", or remove it`;
}

/** Nobody is let in, or kept out, by a selector that does not say what it seems to. */
function namespacesProblem({ allowedNamespaces }: CaptureDestinationSpec): string | undefined {
  if (!allowedNamespaces) return undefined;
  const { from, selector } = allowedNamespaces;
  if (from === 'All') return selector === undefined ? undefined : 'spec.allowedNamespaces.selector: does nothing beside "from: All"; use "from: Selector", or remove it';
  if (selector === undefined) return 'spec.allowedNamespaces "from: Selector": needs a selector; add for example "selector: {matchLabels: {captures: allowed}}"';
  // What is left of a selector whose only field was misspelt.
  if (Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0) return 'spec.allowedNamespaces.selector: has no requirement and would pick every namespace; add one, or use "from: All"';
  const problem = selectorProblem(selector);
  return problem === undefined ? undefined : `spec.allowedNamespaces.selector${problem}`;
}
