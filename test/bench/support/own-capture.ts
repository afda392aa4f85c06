// A capture of ours around what is measured, from kubectl apply to Complete.
import { applyCapture, captureThat, CAPTURES, condition, inPhase, stop, type Capture } from '../../e2e/support/captures.js';
import { removeAll } from '../../e2e/support/bucket.js';
import { kubectl } from '../../e2e/support/kubectl.js';

const COMPLETE_MS = 180_000;

export interface Place {
  namespace: string;
  /** Its destination is of its own: what it holds is removed. */
  storage: { destinationRef: { name: string } };
}

/** What `use` does while it captures; `look`: at what it amounts to, before it is removed. */
export async function whileCapturing<T>({ namespace, storage }: Place, name: string, spec: object, use: () => Promise<T>, look: (complete: Capture) => Promise<void> = () => Promise.resolve()): Promise<T> {
  try {
    await applyCapture(namespace, name, { ...spec, storage });
    await inPhase(namespace, name, 'Capturing');
    const used = await use();
    await stop(namespace, name);
    await look(await captureThat(namespace, name, `${name} is Complete`, (object) => condition(object, 'Complete')?.status === 'True', COMPLETE_MS));
    return used;
  } finally {
    await kubectl(['delete', CAPTURES, name, '-n', namespace, '--ignore-not-found', '--timeout=90s']);
    await removeAll(`${storage.destinationRef.name}/`);
  }
}
