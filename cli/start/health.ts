import { waitUntil } from '../../demo/infra/processes.ts';

export type HealthAnswer =
  | { kind: 'healthy' }
  | { kind: 'unhealthy'; status: number; body: string }
  | { kind: 'silent' };

async function ask(url: string): Promise<HealthAnswer> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    const body = await response.text();
    return response.ok ? { kind: 'healthy' } : { kind: 'unhealthy', status: response.status, body };
  } catch {
    return { kind: 'silent' };
  }
}

/** Asks until the answer is good, waiting has become pointless or the bound is over; gives the last answer. */
export async function waitForHealth(
  url: string,
  boundMs: number,
  isPointless: () => boolean,
): Promise<HealthAnswer> {
  let last: HealthAnswer = { kind: 'silent' };
  await waitUntil(
    async () => {
      last = await ask(url);
      return last.kind === 'healthy' || isPointless();
    },
    boundMs,
    200,
  );
  return last;
}
