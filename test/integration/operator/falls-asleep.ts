// Puts this process to sleep, once, with a request of SLEEP_BEFORE in its hands: after every check that it could make, and before the wire.
import https from 'node:https';

/** Resolves when that request was answered, where there was one: what was sent arrives, also of a process that ends. */
export let answered: Promise<unknown> = Promise.resolve();

const pattern = process.env['SLEEP_BEFORE'];
if (pattern !== undefined) {
  const send = https.request.bind(https);
  https.request = ((options: https.RequestOptions, ...rest: []) => {
    if (!new RegExp(pattern).test(`${options.method} ${options.path}`)) return send(options, ...rest);
    https.request = send;
    process.kill(process.pid, 'SIGSTOP');
    const request = send(options, ...rest);
    answered = new Promise((resolve) => request.once('response', resolve).once('error', resolve));
    return request;
  }) as typeof https.request;
}
