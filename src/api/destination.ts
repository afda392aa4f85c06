// ClusterCaptureDestination: a bucket, whose keys the platform team keeps, that captures of every namespace may name.
import * as z from 'zod';
import { authSchema } from './destination-auth.js';
import { conditionsField, objectName } from './fields.js';
import { labelSelectorSchema } from './label-selector.js';

/**
 * A key has at most 1024 bytes. Behind the prefix stand up to 644: namespace, capture, run, target (a pod's name has up to 253
 * characters, as a capture's has) and file.
 */
export const PREFIX_MAX_LENGTH = 380;

export const encryptionSchema = z
  .object({
    type: z.enum(['SSES3', 'SSEKMS']).describe('SSES3: with keys that the store keeps for itself. SSEKMS: with a key of its key management service.'),
    kmsKeyID: z
      .string()
      .max(1024)
      .regex(/^[A-Za-z0-9][A-Za-z0-9:/_.@+=-]*$/)
      .optional()
      .describe('For SSEKMS: id, ARN or alias of the key. Absent: the one that the store has for this bucket.'),
  })
  .describe('Encryption by the store that each object is written with. Absent: what the bucket does by itself.');

export const s3Schema = z
  .object({
    endpoint: z
      .string()
      .regex(/^https?:\/\/[^/?#@\s]+\/?$/)
      .optional()
      .describe('URL of the S3 service: scheme, host and port. Absent: AWS for the region.'),
    externalEndpoint: z
      .string()
      .regex(/^https?:\/\/[^/?#@\s]+\/?$/)
      .optional()
      .describe('URL of the same service as those reach it who download: what stands in the URLs of a CaptureDownload. Absent: endpoint.'),
    region: z.string().min(1).max(64).default('us-east-1').describe('Region that requests are signed for.'),
    bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/).describe('Name of the bucket. It must exist.'),
    prefix: z
      .string()
      .max(PREFIX_MAX_LENGTH)
      .regex(/^([A-Za-z0-9!_'()*.-]+\/)*$/)
      .optional()
      .describe('Prefix of every key, ending in a slash. Absent: none.'),
    addressing: z.enum(['Path', 'VirtualHost']).default('Path').describe('Path: endpoint/bucket/key. VirtualHost: bucket.endpoint/key.'),
    auth: authSchema,
    tls: z
      .object({
        caRef: z
          .object({
            kind: z.enum(['ConfigMap']).default('ConfigMap').describe('Kind of the object that holds the certificates.'),
            name: objectName().describe("Name of a ConfigMap in the operator's namespace."),
            key: z.string().regex(/^[-._a-zA-Z0-9]{1,253}$/).default('ca.crt').describe('Its key with PEM certificates.'),
          })
          .describe("Certificates of the authorities that the endpoint's certificate may come from, in place of the well-known ones."),
      })
      .optional()
      .describe('How the endpoint proves who it is.'),
    encryption: encryptionSchema.optional(),
  })
  .describe('A bucket in an S3-compatible store.');

export const allowedNamespacesSchema = z
  .object({
    from: z.enum(['All', 'Selector']).describe('All: every namespace. Selector: those whose labels the selector picks.'),
    selector: labelSelectorSchema.optional().describe('For Selector: labels of the namespaces.'),
  })
  .describe('Whose captures may use this destination. Absent: those of every namespace. Looked at when a run begins (one that lasts goes on), and when its files are asked for.');

export const captureDestinationSpecSchema = z.object({ s3: s3Schema, allowedNamespaces: allowedNamespacesSchema.optional() }).describe('A bucket, and whose captures may use it. Of stores there is one kind, s3.');
export type CaptureDestinationSpec = z.infer<typeof captureDestinationSpecSchema>;

export const captureDestinationStatusSchema = z
  .object({
    observedGeneration: z.int().optional().meta({ format: 'int64' }).describe('metadata.generation that this status speaks of; -1 before the operator has seen the object.'),
    lastProbeTime: z.string().optional().meta({ format: 'date-time' }).describe('When the bucket was last asked.'),
    conditions: conditionsField(),
  })
  .describe('What the bucket answered when the operator wrote, read back and removed one small object.');
export type CaptureDestinationStatus = z.infer<typeof captureDestinationStatusSchema>;

export const captureDestinationSchema = z.object({ spec: captureDestinationSpecSchema, status: captureDestinationStatusSchema });
