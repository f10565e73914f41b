import { z } from 'zod';
import { contextOf } from '@/app/_trpc/context.ts';
import { exportAudit } from '@/server/api/audit-export.ts';
import { whereUnkeepable } from '@/server/api/keepable.ts';
import { auditFilter } from '@/server/api/routers/audit.ts';
import { settings } from '@/server/env.ts';
import { whyUnclear } from '../../asked-once.ts';
import { answer, fileOf } from '../../export-answer.ts';
import { exportAsked } from '../../export-asked.ts';
import { tooMany } from '../../limits.ts';
import { refusal } from '../../same-origin.ts';

export const dynamic = 'force-dynamic';

const asked = exportAsked(auditFilter.shape);

/** The filtered audit as a file. Whoever takes it is on record before its first byte is sent, or gets none. */
export async function GET(request: Request): Promise<Response> {
  const refused = refusal(request, settings().origin);
  if (refused !== null) return answer(403, refused);
  const { actor, people, queries, stillHolds, reportFailure } = await contextOf(request.headers);
  if (actor === null) return answer(401, 'Sign in first.');
  const limited = await tooMany(request, 'export', actor.id);
  if (limited !== null) return limited;
  const act = { actor: actor.id, action: 'audit.exported', subject: 'audit' };
  if (!actor.rights.includes('audit')) {
    const sentence = 'This needs the right "audit", which you don\'t hold.';
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
  await people.note({ ...act, detail: { format, ...filter } });
  const names = new Map((await people.list()).map(({ id, name }) => [id, name]));
  const text = exportAudit({ queries, filter, format, names, isStillLetIn: () => stillHolds('audit') });
  return fileOf('reprise-audit', format, text, (error) => reportFailure(error, 'audit export'));
}
