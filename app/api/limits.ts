import { dashboard } from '@/app/_trpc/context.ts';

/**
 * How often a minute: parts of the log, cosignatures and metrics by one address; records, parts of the log that hold
 * records, and lists as files by one person.
 */
const mostAMinute = {
  log: 1_200,
  cosignature: 60,
  bundle: 240,
  entries: 240,
  export: 20,
  metrics: 120,
} as const;

/** An answer where this was asked for too often; null where it was not. `who` is a person; null: whoever asks from there. */
export async function tooMany(
  request: { readonly headers: Headers },
  what: keyof typeof mostAMinute,
  who: string | null,
): Promise<Response | null> {
  const { rates, addressOf } = dashboard();
  const asker = who ?? addressOf(request.headers);
  if (await rates.take(`${what}:${asker}`, mostAMinute[what])) return null;
  return Response.json(
    { error: 'Too many requests. Wait a minute, then try again.' },
    { status: 429, headers: { 'cache-control': 'no-store', 'retry-after': '60' } },
  );
}
