import { LogFault, type LogSource } from '../../application/ports/witness.ts';
import { accepted, refused } from '../../domain/shared/parsed.ts';

/** A checkpoint with a hundred cosignatures is shorter, and a tile has 256 hashes of 32 bytes. */
const most = { checkpoint: 64 * 1024, tile: 256 * 32, answer: 1024 } as const;

type Bounds = {
  /** For one question. */
  readonly boundMs?: number;
  /** For all of them together. */
  readonly wholeMs?: number;
};

/**
 * A log over HTTP, for one look at it. It may be in hostile hands: every answer is bounded in time and in bytes, as it
 * is read and after it was decompressed, redirects are not followed, and nothing of an answer is repeated but a short
 * sentence in plain letters.
 */
export function openHttpLog(address: string, { boundMs = 10_000, wholeMs = 60_000 }: Bounds = {}): LogSource {
  const base = address.replace(/\/+$/, '');
  const { host } = new URL(base);
  const whole = AbortSignal.timeout(wholeMs);

  async function ask(path: string, maxBytes: number, init: RequestInit = {}) {
    const signal = AbortSignal.any([whole, AbortSignal.timeout(boundMs)]);
    try {
      const response = await fetch(`${base}/${path}`, {
        ...init,
        signal,
        redirect: 'manual',
        headers: { 'user-agent': 'reprise-witness', ...init.headers },
      });
      if (response.status >= 300 && response.status < 400) {
        await response.body?.cancel();
        throw new LogFault('rubbish', `${host} answers ${response.status}, and redirects are not followed.`);
      }
      if (response.status !== 200 && init.method === undefined) {
        // What a proxy says beside an error is nothing of the log's, however long it is.
        await response.body?.cancel();
        return { status: response.status, bytes: new Uint8Array() };
      }
      return { status: response.status, bytes: await bounded(response, maxBytes, path) };
    } catch (error) {
      if (error instanceof LogFault) throw error;
      if (signal.aborted)
        throw new LogFault('unreachable', `${host} did not answer within ${boundMs / 1_000} s.`);
      throw new LogFault('unreachable', `${host} can't be reached (${codeOf(error)}).`);
    }
  }

  const unexpected = (path: string, status: number) =>
    new LogFault('unreachable', `${host} answers ${status} to ${path}.`);

  return {
    async checkpoint() {
      const { status, bytes } = await ask('checkpoint', most.checkpoint);
      if (status !== 200) throw unexpected('checkpoint', status);
      try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      } catch {
        throw new LogFault('rubbish', `What ${host} shows as its checkpoint is not UTF-8.`);
      }
    },
    async tile(path) {
      const { status, bytes } = await ask(path, most.tile);
      if (status === 404) return null;
      if (status !== 200) throw unexpected(path, status);
      return bytes;
    },
    async hand(note) {
      const { status, bytes } = await ask('cosignatures', most.answer, {
        method: 'POST',
        body: note,
        headers: { 'content-type': 'text/plain; charset=utf-8' },
      });
      if (status >= 200 && status < 300) return accepted(null);
      const said = new TextDecoder().decode(bytes).replaceAll(/[^\p{L}\p{N}\p{P}\p{Zs}+=]+/gu, ' ');
      return refused('not-taken', `${host} answers ${status}: ${said.trim().slice(0, 400)}`);
    },
  };
}

/** What comes beyond that is not read. */
async function bounded(response: Response, maxBytes: number, path: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes)
      throw new LogFault(
        'rubbish',
        `The answer to ${path} has more than ${maxBytes} bytes: it is not read on.`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return cause instanceof Error ? cause.message : String(cause);
}
