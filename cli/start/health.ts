import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { waitUntil } from '../../demo/infra/processes.ts';

/**
 * `troubles`: the dependencies that are down, each with its detail. 'refused': what answers gives no health, and says
 * why. 'stranger': another program answers there, another Reprise, or a page of errors.
 */
export type Health = {
  kind: 'up' | 'degraded' | 'down' | 'refused' | 'silent' | 'stranger';
  troubles: string[];
};

const SILENT: Health = { kind: 'silent', troubles: [] };

const kinds: ReadonlySet<unknown> = new Set(['up', 'degraded', 'down'] satisfies Health['kind'][]);

/** Reads the answer of /api/health; anything else that is answered there is a refusal. */
export function parseHealth(body: string): Health {
  const refused: Health = { kind: 'refused', troubles: [`no health: ${body.slice(0, 200)}`] };
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== 'object' || value === null) return refused;
    const { status, dependencies } = value as { status?: unknown; dependencies?: unknown };
    if (!kinds.has(status)) return refused;
    return {
      kind: status as Health['kind'],
      troubles: Array.isArray(dependencies) ? dependencies.flatMap(troubleOf) : [],
    };
  } catch {
    return refused;
  }
}

function troubleOf(dependency: unknown): string[] {
  if (typeof dependency !== 'object' || dependency === null) return [];
  const { name, status, detail } = dependency as Record<string, unknown>;
  return status === 'down' ? [detail === '' ? String(name) : `${String(name)}: ${String(detail)}`] : [];
}

/**
 * What contracts and runbooks name is other people's, and the Kafka Connect of the demo comes up behind the page: of
 * these health tells, and a start does not wait for them.
 */
const isOutside = (trouble: string) => /^(?:connection |kafka connect\b)/.test(trouble);

/** Where the web process is asked, as whom it takes itself, and by what it is known as the one that was started. */
export type Asked = { readonly url: string; readonly origin: string | null; readonly instance: string };

async function ask({ url, origin, instance }: Asked): Promise<Health> {
  try {
    const response = await answerOf(url, origin);
    const body = await text(response);
    return response.headers['reprise-instance'] === instance
      ? parseHealth(body)
      : { kind: 'stranger', troubles: [`${response.statusCode} ${body.slice(0, 200)}`] };
  } catch {
    return SILENT;
  }
}

/** Asked for under the name that people type: under any other it refuses. `fetch` doesn't let that be said. */
function answerOf(url: string, origin: string | null): Promise<IncomingMessage> {
  const headers = origin === null ? {} : { host: new URL(origin).host };
  return new Promise((resolve, reject) => {
    request(url, { headers, agent: false, signal: AbortSignal.timeout(5_000) }, resolve)
      .once('error', reject)
      .end();
  });
}

export type Patience = {
  boundMs: number;
  /** How long a page that answers may still lack something (a worker that is just starting). */
  degradedMs: number;
  isPointless: () => boolean | Promise<boolean>;
};

/** Asks until everything is up, patience is over or waiting has become pointless; gives the last answer. */
export async function waitForHealth(asked: Asked, patience: Patience): Promise<Health> {
  let last = SILENT;
  let firstAnswerAt: number | null = null;
  await waitUntil(
    async () => {
      last = await ask(asked);
      if (last.kind === 'degraded') firstAnswerAt ??= performance.now();
      const isTolerated =
        (firstAnswerAt !== null && performance.now() - firstAnswerAt > patience.degradedMs) ||
        (last.troubles.length > 0 && last.troubles.every(isOutside));
      if (last.kind === 'up' || (last.kind === 'degraded' && isTolerated)) return true;
      return last.kind === 'refused' || patience.isPointless();
    },
    patience.boundMs,
    200,
  );
  return last;
}
