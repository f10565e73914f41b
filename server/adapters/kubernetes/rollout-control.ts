import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type {
  ConsumerControl,
  ConsumerState,
  ControlOrder,
} from '../../application/ports/consumer-control.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { requestJson, whyUnanswered } from '../json-request.ts';

export type KubernetesSettings = {
  readonly url: string;
  readonly namespace: string;
  /** A service account's token is renewed in its file within the hour, so it is read for each request. */
  readonly tokenFile: string;
  readonly caFile: string | null;
};

const deployment = z.object({
  metadata: z.object({
    generation: z.number().default(0),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.object({
    replicas: z.number().default(1),
    template: z
      .object({
        metadata: z
          .object({ annotations: z.record(z.string(), z.string()).default({}) })
          .default({ annotations: {} }),
      })
      .default({ metadata: { annotations: {} } }),
  }),
  status: z
    .object({
      observedGeneration: z.number().default(0),
      replicas: z.number().default(0),
      readyReplicas: z.number().default(0),
      updatedReplicas: z.number().default(0),
      // Pods that are told to end and go on until they have: `replicas` leaves them out, and older clusters don't say.
      terminatingReplicas: z.number().default(0),
    })
    .prefault({}),
});
type Deployment = z.output<typeof deployment>;

/** How many there were before it was stopped, and which attempt restarted it last. */
const replicasNote = 'reprise/replicas-before-stop';
const attemptNote = 'reprise/attempt';
const BOUND_MS = 15_000;

/**
 * Scales and restarts Deployments by the API server (apps/v1). A service is a Deployment of the namespace; stopped is
 * no replica. Kubernetes knows no pause of a process, so that is refused.
 */
export function rolloutControl(settings: KubernetesSettings): ConsumerControl {
  const name = `Kubernetes at ${new URL(settings.url).host}, namespace ${settings.namespace}`;
  const pathOf = (service: string) =>
    new URL(
      `/apis/apps/v1/namespaces/${encodeURIComponent(settings.namespace)}/deployments/${encodeURIComponent(service)}`,
      settings.url,
    );

  const ask = async (service: string, signal: AbortSignal, patch?: unknown): Promise<Deployment> => {
    const bound = AbortSignal.any([signal, AbortSignal.timeout(BOUND_MS)]);
    const [token, ca] = await Promise.all([
      readFile(settings.tokenFile, 'utf8'),
      settings.caFile === null ? undefined : readFile(settings.caFile, 'utf8'),
    ]).catch((error: unknown) => {
      throw new RepriseError(
        'setting-invalid',
        `The token or certificate for Kubernetes can't be read: ${error instanceof Error ? error.message : error}`,
        { where: 'KUBERNETES_TOKEN_FILE' },
      );
    });
    const answer = await requestJson({
      url: pathOf(service),
      method: patch === undefined ? 'GET' : 'PATCH',
      body: patch,
      contentType: 'application/merge-patch+json',
      signal: bound,
      ca,
      headers: { authorization: `Bearer ${token.trim()}` },
    }).catch((error: unknown) => {
      throw new Error(`${name} could not be asked: ${whyUnanswered(error, bound)}.`, { cause: error });
    });
    const { status } = answer;
    if (status === 404) throw refused(`${name} has no Deployment ${service}.`);
    if (status === 401 || status === 403)
      throw refused(
        `${name} refuses Reprise's service account with ${status}: it needs get and patch on deployments (docs/consumer-control.md).`,
      );
    if (status >= 400 && status < 500) throw refused(`${name} refuses this for ${service} with ${status}.`);
    const parsed = deployment.safeParse(answer.body);
    if (status < 200 || status >= 300 || !parsed.success)
      throw new Error(`${name} answered ${status} for Deployment ${service}, and no Deployment.`);
    return parsed.data;
  };

  return {
    name,
    state: async (service, signal) => stateOf(await ask(service, signal)),
    act: async ({ service, do: order, attemptId }, signal) => {
      const patch = patchOf(order, await ask(service, signal), attemptId);
      return patch === null
        ? stateOf(await ask(service, signal))
        : stateOf(await ask(service, signal, patch));
    },
  };
}

const refused = (sentence: string) => new RepriseError('runbook-refused', sentence);

function stateOf({ metadata, spec, status }: Deployment): ConsumerState {
  if (status.observedGeneration < metadata.generation) return 'changing';
  if (spec.replicas === 0) return status.replicas + status.terminatingReplicas === 0 ? 'stopped' : 'changing';
  const { replicas, readyReplicas, updatedReplicas } = status;
  return [replicas, readyReplicas, updatedReplicas].every((each) => each === spec.replicas)
    ? 'running'
    : 'changing';
}

/** null: it is so already. */
function patchOf(order: ControlOrder, { metadata, spec }: Deployment, attemptId: string): unknown {
  switch (order) {
    case 'pause':
    case 'resume':
      throw refused(`Kubernetes can't ${order} a process: stop it, or start it.`);
    case 'stop':
      if (spec.replicas === 0) return null;
      return {
        metadata: { annotations: { [replicasNote]: String(spec.replicas) } },
        spec: { replicas: 0 },
      };
    case 'start': {
      if (spec.replicas > 0) return null;
      const before = Number(metadata.annotations[replicasNote]);
      return { spec: { replicas: Number.isInteger(before) && before > 0 ? before : 1 } };
    }
    case 'restart':
      if (spec.replicas === 0) throw refused('It is stopped: start it.');
      // The same attempt once more rolls nothing out.
      if (spec.template.metadata.annotations[attemptNote] === attemptId) return null;
      return { spec: { template: { metadata: { annotations: { [attemptNote]: attemptId } } } } };
  }
}
