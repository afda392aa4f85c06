// Field types that several kinds share: quantities, durations, references, conditions.
import * as z from 'zod';
import { DURATION_MAX_LENGTH, DURATION_PATTERN } from './duration.js';
import { QUANTITY_MAX_LENGTH, QUANTITY_PATTERN } from './quantity.js';

/** A Kubernetes quantity of bytes: a string ("10M") or a YAML integer. The CRD writes it as int-or-string. */
export const quantity = () =>
  z
    .union([z.int(), z.string().max(QUANTITY_MAX_LENGTH).regex(new RegExp(QUANTITY_PATTERN))])
    .meta({ 'x-kubernetes-int-or-string': true, maxLength: QUANTITY_MAX_LENGTH, pattern: QUANTITY_PATTERN });

/** A Go duration ("2m", "1h30m"). */
export const duration = () => z.string().max(DURATION_MAX_LENGTH).regex(new RegExp(DURATION_PATTERN));

/** A DNS-1123 subdomain, as object names are. */
export const objectName = () => z.string().min(1).max(253);

export const conditionSchema = z.object({
  type: z.string().describe('Type of the condition, one of those documented for the kind.'),
  status: z.string().describe('True, False or Unknown.'),
  observedGeneration: z.int().optional().describe('metadata.generation that this condition speaks of.'),
  lastTransitionTime: z.string().optional().meta({ format: 'date-time' }).describe('When the status last changed.'),
  reason: z.string().optional().describe('One CamelCase word for machines.'),
  message: z.string().optional().describe('A sentence for people, with the value at fault and the fix.'),
});
export type Condition = z.infer<typeof conditionSchema>;

export const conditionsField = () =>
  z
    .array(conditionSchema)
    .optional()
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] })
    .describe('What is true of this object now, each with a reason and a message.');
