// How requests to a destination's bucket are signed: by static keys, or by temporary ones that the identity of the capture pod is exchanged for.
import * as z from 'zod';
import { objectName } from './fields.js';

const secretRef = z.object({ name: objectName().describe("Name of a Secret in the operator's namespace with the keys accessKeyId, secretAccessKey and, where used, sessionToken.") });

/** https only: what is sent there is a token. */
const stsEndpoint = z.string().regex(/^https:\/\/[^/?#@\s]+\/?$/).max(512);

const workloadIdentity = z.object({
  serviceAccountName: objectName().regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/).describe('Name of a ServiceAccount in packetcapture-jobs; capture pods of this destination run under it.'),
  roleARN: z
    .string()
    .max(2048)
    .regex(/^arn:[A-Za-z0-9-]+:iam::[A-Za-z0-9_-]*:role\/[A-Za-z0-9+=,.@_/-]+$/)
    .describe('Role whose temporary keys sign the requests. It trusts the tokens of that ServiceAccount.'),
  stsEndpoint: stsEndpoint.optional().describe('URL of the security token service that exchanges the token for keys: https, host and port. Absent, where s3.endpoint is too: AWS for the region.'),
  audience: z
    .string()
    .max(253)
    .regex(/^[!-~]+$/)
    .default('sts.amazonaws.com')
    .describe("Audience of the token: whom it is for. Never the API server's."),
});

export const authSchema = z
  .object({
    type: z.enum(['Secret', 'WorkloadIdentity']).default('Secret').describe("Secret: static keys. WorkloadIdentity: the capture pod's own token is exchanged for temporary keys."),
    secretRef: secretRef.optional().describe('Where the keys are. With type Secret only.'),
    workloadIdentity: workloadIdentity.optional().describe('Whose token is exchanged, where, and for which role. With type WorkloadIdentity only.'),
  })
  .describe('How requests are signed.');
