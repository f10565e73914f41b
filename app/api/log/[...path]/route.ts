import { z } from 'zod';
import { contextOf, dashboard } from '@/app/_trpc/context.ts';
import { RepriseError } from '@/server/domain/shared/errors.ts';
import { settings } from '@/server/env.ts';
import { whyUnclear } from '../../asked-once.ts';
import { statusOfRefusal } from '../../evidence/refused-bundle.ts';
import { tooMany } from '../../limits.ts';
import { foreignHost, refusal } from '../../same-origin.ts';

export const dynamic = 'force-dynamic';

const place = z
  .string()
  .regex(/^(0|[1-9]\d{0,15})$/, 'a whole number in decimal digits, from 0')
  .transform(Number)
  .refine(Number.isSafeInteger, 'so many entries has no log');
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
    return text(statusOfRefusal(error), error.message);
  }
}

async function answer(request: Request, path: string): Promise<Response> {
  const { evidenceLog } = dashboard();
  if (path === 'checkpoint') {
    const note = await evidenceLog.checkpoint();
    return note === null ? text(404, 'Nothing has been recorded yet.') : text(200, note);
  }
  if (path === 'keys') return json(await evidenceLog.keys());
  const unclear = path.startsWith('proof/') ? whyUnclear(new URL(request.url).searchParams) : null;
  if (unclear !== null) return text(400, unclear);
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
  const isOfEntries = path.startsWith('tile/entries/');
  const reader = isOfEntries ? await readerOfEntries(request) : null;
  if (reader instanceof Response) return reader;
  if (!path.startsWith('tile/')) return text(404, 'The log serves checkpoint, tile/…, keys and proof/….');
  const tile = await evidenceLog.tile(path);
  if (tile === null) return text(404, 'The log does not reach so far.');
  // Whoever takes records is on record before the first byte of them, as with a bundle.
  await reader?.note(path);
  // What a tile of this path holds never changes: a longer one has another path.
  const kept = isOfEntries ? 'private, no-store' : 'public, max-age=31536000, immutable';
  return new Response(new Uint8Array(tile), {
    headers: { 'content-type': 'application/octet-stream', 'cache-control': kept },
  });
}

/** A cosigned checkpoint is a few hundred bytes. */
const noteMaxBytes = 64 * 1024;
const statusOf = {
  'no-witnesses': 404,
  'note-malformed': 400,
  'witness-unknown': 403,
  'cosignature-wrong': 403,
  'time-wrong': 400,
  'checkpoint-unknown': 404,
  'checkpoint-other': 409,
} as const;

/**
 * `cosignatures` takes a checkpoint that a configured witness hands back with its cosignature. Nobody signs in: the
 * cosignature is its own credential, so that no page of elsewhere could use anybody's rights by it.
 */
export async function POST(request: Request, { params }: { params: Promise<{ path: string[] }> }) {
  const foreign = foreignHost(request, settings().origin);
  if (foreign !== null) return text(403, foreign);
  const limited = await tooMany(request, 'cosignature', null);
  if (limited !== null) return limited;
  if ((await params).path.join('/') !== 'cosignatures')
    return text(404, 'What can be sent to the log is cosignatures.');
  const note = await readText(request, noteMaxBytes);
  if (note === null)
    return text(413, `A cosigned checkpoint is UTF-8, and has at most ${noteMaxBytes} bytes.`);
  const { desk, addressOf } = dashboard();
  const taken = await desk(addressOf(request.headers)).takeCosignature(note);
  if (!taken.ok) return text(statusOf[taken.code], taken.sentence);
  const { size, by, isNew } = taken.value;
  const sentence = `The checkpoint of ${size} entries is cosigned by ${by.join(', ')}`;
  return text(200, isNew ? `${sentence}.` : `${sentence}, which was known already.`);
}

/** The body, where it is no longer than that and UTF-8; whoever sends more is not read to the end. */
async function readText(request: Request, maxBytes: number): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) return null;
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch {
    return null;
  }
}

/** Entries are records, and read by whoever may read those: who that is, or why nobody. */
async function readerOfEntries(
  request: Request,
): Promise<Response | { readonly note: (tile: string) => Promise<void> }> {
  const foreign = refusal(request, settings().origin);
  if (foreign !== null) return text(403, foreign);
  const { actor, people } = await contextOf(request.headers);
  const sentence = 'Entries are for those who may read evidence: sign in, or send a token.';
  if (actor === null) return text(401, sentence);
  // Both what is given out and what is refused is on record, and nothing takes it off: it can't be without end.
  const limited = await tooMany(request, 'entries', actor.id);
  if (limited !== null) return limited;
  const act = { actor: actor.id, action: 'evidence.exported', subject: 'evidence log' };
  if (actor.rights.includes('evidence')) return { note: (tile) => people.note({ ...act, detail: { tile } }) };
  await people.noteRefusal({ ...act, detail: { sentence } });
  return text(403, sentence);
}

const queryOf = (request: Request) => Object.fromEntries(new URL(request.url).searchParams);

const json = (body: unknown) => Response.json(body, { headers: { 'cache-control': 'no-store' } });

const text = (status: number, body: string) =>
  new Response(body.endsWith('\n') ? body : `${body}\n`, {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  });
