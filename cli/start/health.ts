import { waitUntil } from '../../demo/infra/processes.ts';

/** `troubles`: the dependencies that are down, each with its detail. */
export type Health = { kind: 'up' | 'degraded' | 'down' | 'silent'; troubles: string[] };

const SILENT: Health = { kind: 'silent', troubles: [] };

/** Reads the answer of /api/health; anything else that answers there counts as down. */
export function parseHealth(body: string): Health {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== 'object' || value === null) throw new Error('no object');
    const { status, dependencies } = value as { status?: unknown; dependencies?: unknown };
    const kind = status === 'up' || status === 'degraded' ? status : 'down';
    return { kind, troubles: Array.isArray(dependencies) ? dependencies.flatMap(troubleOf) : [] };
  } catch {
    return { kind: 'down', troubles: [`no health: ${body.slice(0, 200)}`] };
  }
}

function troubleOf(dependency: unknown): string[] {
  if (typeof dependency !== 'object' || dependency === null) return [];
  const { name, status, detail } = dependency as Record<string, unknown>;
  return status === 'down' ? [detail === '' ? String(name) : `${String(name)}: ${String(detail)}`] : [];
}

async function ask(url: string): Promise<Health> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    return parseHealth(await response.text());
  } catch {
    return SILENT;
  }
}

export type Patience = {
  boundMs: number;
  /** How long a page that answers may still lack something (a worker that is just starting). */
  degradedMs: number;
  isPointless: () => boolean;
};

/** Asks until everything is up, patience is over or waiting has become pointless; gives the last answer. */
export async function waitForHealth(url: string, patience: Patience): Promise<Health> {
  let last = SILENT;
  let firstAnswerAt: number | null = null;
  await waitUntil(
    async () => {
      last = await ask(url);
      if (last.kind === 'degraded') firstAnswerAt ??= performance.now();
      const isTolerated = firstAnswerAt !== null && performance.now() - firstAnswerAt > patience.degradedMs;
      return last.kind === 'up' || (last.kind === 'degraded' && isTolerated) || patience.isPointless();
    },
    patience.boundMs,
    200,
  );
  return last;
}
