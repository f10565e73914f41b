import { z } from 'zod';
import { contextOf } from '@/app/_trpc/context.ts';
import { exportEvidence } from '@/server/api/evidence-export.ts';
import { whereUnkeepable } from '@/server/api/keepable.ts';
import { evidenceFilter } from '@/server/api/routers/evidence.ts';
import { RepriseError } from '@/server/domain/shared/errors.ts';
import { settings } from '@/server/env.ts';
import { whyUnclear } from '../../asked-once.ts';
import { answer, fileOf } from '../../export-answer.ts';
import { exportAsked } from '../../export-asked.ts';
import { tooMany } from '../../limits.ts';
import { refusal } from '../../same-origin.ts';

export const dynamic = 'force-dynamic';

const asked = exportAsked(evidenceFilter.shape);

/** What is filtered of the evidence as a file. Whoever takes it is on record before its first byte is sent, or gets none. */
export async function GET(request: Request): Promise<Response> {
  const refused = refusal(request, settings().origin);
  if (refused !== null) return answer(403, refused);
  const { actor, people, queries, stillHolds, reportFailure } = await contextOf(request.headers);
  if (actor === null) return answer(401, 'Sign in first.');
  const limited = await tooMany(request, 'export', actor.id);
  if (limited !== null) return limited;
  const act = { actor: actor.id, action: 'evidence.exported', subject: 'evidence' };
  if (!actor.rights.includes('evidence')) {
    const sentence = 'This needs the right "evidence", which you don\'t hold.';
    await people.noteRefusal({ ...act, detail: { sentence } });
    return answer(403, sentence);
  }
  const { searchParams } = new URL(request.url);
  const unclear = whyUnclear(searchParams);
  if (unclear !== null) return answer(400, unclear);
  const given = Object.fromEntries(searchParams);
  const unkeepable = whereUnkeepable(given);
  if (unkeepable !== null) return answer(400, `${unkeepable} holds a character that can't be kept.`);
  const input = asked.safeParse(given);
  if (!input.success) return answer(400, z.prettifyError(input.error));
  const { format, ...filter } = input.data;
  const mistake = await mistakeIn(queries.evidence(filter, { limit: 1 }, actor));
  if (mistake !== null) return answer(400, mistake);
  // The audit can't be erased. That there was a search, or a key asked for, is on record, and not what for: words are
  // a person's own, and a key may name one.
  const { search, key, ...named } = filter;
  const unsaid = {
    ...(search === undefined ? {} : { searched: true }),
    ...(key === undefined ? {} : { keyed: true }),
  };
  await people.note({ ...act, detail: { format, ...named, ...unsaid } });
  const names = new Map((await people.list()).map(({ id, name }) => [id, name]));
  const isStillLetIn = () => stillHolds('evidence');
  const text = exportEvidence({ queries, filter, viewer: actor, format, names, isStillLetIn });
  return fileOf('reprise-evidence', format, text, (error) => reportFailure(error, 'evidence export'));
}

/** Said before the file begins: one that breaks off at its first byte says nothing. */
async function mistakeIn(first: Promise<unknown>): Promise<string | null> {
  try {
    await first;
    return null;
  } catch (error) {
    if (error instanceof RepriseError) return error.message;
    throw error;
  }
}
