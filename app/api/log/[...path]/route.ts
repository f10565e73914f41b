import { z } from 'zod';
import { contextOf, dashboard } from '@/app/_trpc/context.ts';
import { RepriseError } from '@/server/domain/shared/errors.ts';
import { settings } from '@/server/env.ts';
import { tooMany } from '../../limits.ts';
import { foreignHost, refusal } from '../../same-origin.ts';

export const dynamic = 'force-dynamic';

const place = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const asked = {
  inclusion: z.strictObject({ index: place, size: place }),
  consistency: z.strictObject({ from: place, to: place }),
};

/**
 * The evidence log as C2SP tlog-tiles serves one: `checkpoint` and `tile/<L>/<N>` to anybody, `tile/entries/<N>` to
 * whoever may read evidence; `keys`, and proofs as JSON for those who would rather not compute them from tiles.
 */
export async function GET(request: Request, { params }: { params: Promise<{ path: string[] }> }) {
  const foreign = foreignHost(request, settings().origin);
  if (foreign !== null) return text(403, foreign);
  const limited = await tooMany(request, 'log', null);
  if (limited !== null) return limited;
  const path = (await params).path.join('/');
  try {
    return await answer(request, path);
  } catch (error) {
    if (!(error instanceof RepriseError)) throw error;
    return text(error.code === 'input-invalid' ? 400 : 500, error.message);
  }
}

async function answer(request: Request, path: string): Promise<Response> {
  const { evidenceLog } = dashboard();
  if (path === 'checkpoint') {
    const note = await evidenceLog.checkpoint();
    return note === null ? text(404, 'Nothing has been recorded yet.') : text(200, note);
  }
  if (path === 'keys') return json(await evidenceLog.keys());
  if (path === 'proof/inclusion') {
    const given = asked.inclusion.safeParse(queryOf(request));
    if (!given.success) return text(400, z.prettifyError(given.error));
    return json(await evidenceLog.inclusion(given.data.index, given.data.size));
  }
  if (path === 'proof/consistency') {
    const given = asked.consistency.safeParse(queryOf(request));
    if (!given.success) return text(400, z.prettifyError(given.error));
    return json(await evidenceLog.consistency(given.data.from, given.data.to));
  }
  if (path.startsWith('tile/entries/')) {
    const refused = await refusedEntries(request);
    if (refused !== null) return refused;
  }
  if (!path.startsWith('tile/')) return text(404, 'The log serves checkpoint, tile/…, keys and proof/….');
  const tile = await evidenceLog.tile(path);
  if (tile === null) return text(404, 'The log does not reach so far.');
  // What a tile of this path holds never changes: a longer one has another path.
  const kept = path.startsWith('tile/entries/') ? 'private, no-store' : 'public, max-age=31536000, immutable';
  return new Response(new Uint8Array(tile), {
    headers: { 'content-type': 'application/octet-stream', 'cache-control': kept },
  });
}

/** Entries are records, and read by whoever may read those. */
async function refusedEntries(request: Request): Promise<Response | null> {
  const foreign = refusal(request, settings().origin);
  if (foreign !== null) return text(403, foreign);
  const { actor, people } = await contextOf(request.headers);
  const sentence = 'Entries are for those who may read evidence: sign in, or send a token.';
  if (actor === null) return text(401, sentence);
  if (actor.rights.includes('evidence')) return null;
  await people.noteRefusal({
    actor: actor.id,
    action: 'evidence.exported',
    subject: 'evidence log',
    detail: { sentence },
  });
  return text(403, sentence);
}

const queryOf = (request: Request) => Object.fromEntries(new URL(request.url).searchParams);

const json = (body: unknown) => Response.json(body, { headers: { 'cache-control': 'no-store' } });

const text = (status: number, body: string) =>
  new Response(body.endsWith('\n') ? body : `${body}\n`, {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  });
