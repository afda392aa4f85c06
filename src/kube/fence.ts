// Refuses the writes of a process that may not act: asked before each try, as near to the wire as can be.
import { ERROR_REASON, KubeError } from './errors.js';
import type { Transport } from './transport.js';

export function fenced(transport: Transport, mayWrite: () => boolean): Transport {
  return {
    ...transport,
    send(request) {
      if (request.method !== 'GET' && !mayWrite()) return Promise.reject(new KubeError({ status: 0, reason: ERROR_REASON.fenced, message: 'this process does not lead: nothing was sent' }));
      return transport.send(request);
    },
  };
}
