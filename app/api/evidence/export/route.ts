import { z } from 'zod';
import { contextOf } from '@/app/_trpc/context.ts';
import { exportEvidence } from '@/server/api/evidence-export.ts';
import { exportFormats } from '@/server/api/export-pages.ts';
import { whereUnkeepable } from '@/server/api/keepable.ts';
import { evidenceFilter } from '@/server/api/routers/evidence.ts';
import { RepriseError } from '@/server/domain/shared/errors.ts';
import { settings } from '@/server/env.ts';
import { answer, fileOf } from '../../export-answer.ts';
import { tooMany } from '../../limits.ts';
import { refusal } from '../../same-origin.ts';

export const dynamic = 'force-dynamic';

const asked = evidenceFilter.extend({ format: z.enum(exportFormats).default('csv') });

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
  const given = Object.fromEntries(new URL(request.url).searchParams);
  const unkeepable = whereUnkeepable(given);
  if (unkeepable !== null) return answer(400, `${unkeepable} holds a character that can't be kept.`);
  const input = asked.safeParse(given);
  if (!input.success) return answer(400, z.prettifyError(input.error));
  const { format, ...filter } = input.data;
  const mistake = await mistakeIn(queries.evidence(filter, { limit: 1 }, actor));
  if (mistake !== null) return answer(400, mistake);
  // What was searched for is a person's own words: that there was a search is on record, and not for what.
  const { search, ...named } = filter;
  await people.note({
    ...act,
    detail: { format, ...named, ...(search === undefined ? {} : { searched: true }) },
  });
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
