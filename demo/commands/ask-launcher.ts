import { readControlFile } from '../setup/control-file.ts';

/** Asks the launcher that runs the demo for something to be done with a part of it. @throws Error with its refusal. */
export async function askLauncher(
  stateDir: string,
  service: string,
  order: 'stop' | 'start',
): Promise<string> {
  const { url, token } = await readControlFile(stateDir);
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ service, do: order, attemptId: crypto.randomUUID() }),
    redirect: 'error',
    signal: AbortSignal.timeout(120_000),
  });
  const body: unknown = await response.json().catch(() => null);
  if (typeof body === 'object' && body !== null && 'state' in body) return String(body.state);
  const problem = typeof body === 'object' && body !== null && 'problem' in body ? String(body.problem) : '';
  throw new Error(`the launcher refused with ${response.status}: ${problem}`);
}
