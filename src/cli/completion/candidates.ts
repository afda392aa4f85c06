// What could stand at a place of the command line: names of commands and flags, values, and what the cluster and the kubeconfig hold.
import { CLUSTER_CAPTURE_DESTINATIONS } from '../../api/kinds.js';
import { kubeconfigNames } from '../../kube/kubeconfig.js';
import type { Environment } from '../../kube/kubeconfig/files.js';
import { NAMESPACES, type Resource } from '../../kube/resources.js';
import type { Session } from '../session.js';
import { type Candidate, capturesIn, namesOf, podsIn, targetsFor } from './cluster.js';
import type { Situation } from './situation.js';

/** The shell's own completion of paths. */
export const FILES: Candidate[] = [];

export interface CandidateSource {
  env: Environment;
  session: () => Session;
}

export async function candidates({ command, wanted, flags, unfinished }: Situation, { env, session }: CandidateSource): Promise<Candidate[]> {
  const named = async (resource: Resource): Promise<Candidate[]> => (await namesOf(session(), resource)).map((word) => ({ word }));
  switch (wanted.kind) {
    case 'nothing':
      return [];
    case 'command':
      return command.commands.map((one) => ({ word: one.name(), about: one.description() }));
    case 'flag':
      return command.options.filter(({ long }) => long !== undefined).map(({ long, description }) => ({ word: long as string, about: description }));
    case 'argument':
      if (wanted.name === 'target') return targetsFor(session(), unfinished, command.name() === 'live' ? capturesIn : podsIn);
      return wanted.name === 'name' ? (await capturesIn(session())).filter(({ word }) => !wanted.before.includes(word)) : [];
    case 'value': {
      const { option } = wanted;
      if (option.argChoices) return option.argChoices.map((word) => ({ word }));
      switch (option.attributeName()) {
        case 'namespace':
          return named(NAMESPACES);
        case 'destination':
          return named(CLUSTER_CAPTURE_DESTINATIONS);
        case 'context':
        case 'cluster':
        case 'user':
          return kubeconfigNames(flags, env)[option.attributeName() as 'context'].map((word) => ({ word }));
        case 'compression':
          return ['None', 'Gzip', 'Zstd'].map((word) => ({ word }));
        default:
          return /<(file|dir|directory|path)>/i.test(option.flags) ? FILES : [];
      }
    }
    default:
      return wanted satisfies never;
  }
}
