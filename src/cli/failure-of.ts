// What an error of the API server, the network or the kubeconfig means to the user: a sentence with the value and the fix, and an exit code.
import { GROUP } from '../api/group.js';
import { CLUSTER_CAPTURE_DESTINATIONS } from '../api/kinds.js';
import { ERROR_REASON, isForbidden, isNotFound, KubeError } from '../kube/errors.js';
import { EXIT } from './exit-codes.js';
import { Failure } from './failure.js';
import { LIVE_ROLE, roleFor } from './roles.js';
import type { Session } from './session.js';

export function failureOf(error: unknown, session?: Session): Failure {
  if (error instanceof Failure) return error;
  if (!(error instanceof KubeError)) return new Failure(error instanceof Error ? error.message : String(error), EXIT.error, { cause: error });
  const said = sentence(error, session);
  return new Failure(said.message, said.exitCode ?? EXIT.error, { cause: error });
}

type Said = { message: string; exitCode?: Failure['exitCode'] };

function sentence(error: KubeError, session: Session | undefined): Said {
  const server = session?.kubeConfig.getCurrentCluster()?.server ?? 'the API server';
  if (error.status === 0) return unanswered(error, server);
  if (error.status === 401) return { message: `${server} does not accept the credentials of ${userWords(session)}: they are wrong or have expired; log in again, or use another --context, --user or --token` };
  if (isForbidden(error)) return { message: forbidden(error.message), exitCode: EXIT.forbidden };
  if (isMissingGroup(error)) return { message: notInstalled(server), exitCode: EXIT.notFound };
  return { message: error.message, ...(isNotFound(error) && { exitCode: EXIT.notFound }) };
}

/** An API server that does not serve a path knows no kind and no name to speak of. */
export const isMissingGroup = (error: unknown): boolean => isNotFound(error) && (error as KubeError).details?.name === undefined;

export const notInstalled = (server: string): string =>
  `${server} does not serve ${GROUP}: PacketCapture is not installed there; install it with kubectl apply -k config/default, or use another --context (kubectl pktcap check says what is missing)`;

const CERTIFICATE = /certificate|self-signed|altnames|^unable to (get|verify)/i;

function unanswered({ reason, message }: KubeError, server: string): Said {
  if (reason === ERROR_REASON.timeout) return { message: `${server} did not answer in time (${message}): try again, or give it longer with --request-timeout`, exitCode: EXIT.error };
  if (reason === ERROR_REASON.credentials) return { message };
  if (CERTIFICATE.test(message)) return { message: `the certificate of ${server} cannot be trusted: ${message}; name who vouches for it with --certificate-authority, or the name in it with --tls-server-name` };
  return { message: `${server} cannot be reached: ${message}; is it the cluster you mean (--context, --server), and does the network lead there?` };
}

/** As Kubernetes says it: `pods "web-0" is forbidden: User "jane" cannot get resource "pods" in API group "" in the namespace "shop"`. */
const FORBIDDEN = /User "([^"]*)" cannot (\S+) resource "([^"]+)"(?: in API group "([^"]*)")?(?: in the namespace "([^"]*)"| at the cluster scope)?/;

function forbidden(message: string): string {
  const [, user, verb = '', resource = '', group = '', namespace] = FORBIDDEN.exec(message) ?? [];
  if (user === undefined) return `the API server refuses: ${message}`;
  const what = group === '' ? resource : `${resource}.${group}`;
  const isNamespaced = namespace !== undefined || (group === GROUP && resource !== CLUSTER_CAPTURE_DESTINATIONS.plural);
  const where = namespace !== undefined ? ` in namespace "${namespace}"` : isNamespaced ? ' in all namespaces' : '';
  const role = roleFor(verb, resource, group);
  const other = namespace === undefined && isNamespaced ? ', or name one namespace with -n' : '';
  return `user "${user}" may not ${verb} ${what}${where}${role === undefined ? ': ask whoever administers the cluster' : `: the ${role === LIVE_ROLE ? 'Role' : 'ClusterRole'} ${role} gives it${other}`}`;
}

const userWords = (session: Session | undefined): string => {
  const name = session?.kubeConfig.getCurrentUser()?.name;
  return name === undefined ? 'the kubeconfig' : `user "${name}" of the kubeconfig`;
};
