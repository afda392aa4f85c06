// Which namespaces a destination takes captures from.
import { captureDestinationSpecSchema, type CaptureDestinationSpec } from './destination.js';
import { matches } from './label-selector.js';

/** Labels of a namespace; undefined where there is none, or where nobody looked. */
export type NamespaceLabels = Readonly<Record<string, string>> | undefined;

const allowedBy = (spec: unknown): CaptureDestinationSpec['allowedNamespaces'] => captureDestinationSpecSchema.safeParse(spec).data?.allowedNamespaces;

/** Whether the namespace's labels decide. */
export const isRestricted = ({ spec }: { spec: unknown }): boolean => allowedBy(spec)?.from === 'Selector';

/** Whether captures of a namespace with these labels may use it. Of a spec that can't be read nothing follows: it is refused as such. */
export function allows({ spec }: { spec: unknown }, labels: NamespaceLabels): boolean {
  const allowed = allowedBy(spec);
  if (allowed?.from !== 'Selector') return true;
  return labels !== undefined && allowed.selector !== undefined && matches(allowed.selector, labels);
}
