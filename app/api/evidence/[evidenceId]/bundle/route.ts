import { z } from 'zod';
import { contextOf, dashboard } from '@/app/_trpc/context.ts';
import { RepriseError } from '@/server/domain/shared/errors.ts';
import { settings } from '@/server/env.ts';
import { whyUnclear } from '../../../asked-once.ts';
import { tooMany } from '../../../limits.ts';
import { refusal } from '../../../same-origin.ts';
import { refusedBundle } from '../../refused-bundle.ts';

export const dynamic = 'force-dynamic';

const asked = z.strictObject({
  evidenceId: z.uuid(),
  /** Sizes of checkpoints that were kept, separated by commas. */
  from: z
    .string()
    .regex(/^\d{1,15}(,\d{1,15}){0,19}$/, 'at most twenty sizes, separated by commas')
    .optional(),
  /** With a checkpoint that all witnesses have cosigned. */
  cosigned: z.enum(['true', 'false'], 'cosigned is true or false').optional(),
  /** For a page that verifies what it shows: without rows and results, and on record as that. */
  verify: z.enum(['true', 'false'], 'verify is true or false').optional(),
});

/** A record with all that a stranger needs to verify it, but the keys. */
export async function GET(request: Request, { params }: { params: Promise<{ evidenceId: string }> }) {
  const refused = refusal(request, settings().origin);
  if (refused !== null) return answer(403, refused);
  const { actor, people } = await contextOf(request.headers);
  if (actor === null) return answer(401, 'Sign in first.');
  const limited = await tooMany(request, 'bundle', actor.id);
  if (limited !== null) return limited;
  const { evidenceId } = await params;
  const given = new URL(request.url).searchParams;
  if (!actor.rights.includes('evidence')) {
    const sentence = 'This needs the right "evidence", which you don\'t hold.';
    const subject = z.uuid().safeParse(evidenceId).success ? `evidence:${evidenceId}` : 'evidence';
    const action = given.get('verify') === 'true' ? 'evidence.verified' : 'evidence.exported';
    await people.noteRefusal({ actor: actor.id, action, subject, detail: { sentence } });
    return answer(403, sentence);
  }
  const unclear = whyUnclear(given);
  if (unclear !== null) return answer(400, unclear);
  const input = asked.safeParse({ ...Object.fromEntries(given), evidenceId });
  if (!input.success) return answer(400, z.prettifyError(input.error));
  const { from, cosigned, verify } = input.data;
  const fromSizes = from?.split(',').map(Number) ?? [];
  try {
    const bundle = await dashboard().evidenceLog.bundle(
      { evidenceId, fromSizes, cosigned: cosigned === 'true', verify: verify === 'true' },
      actor,
    );
    return new Response(new Uint8Array(bundle), {
      headers: {
        'content-type': 'application/json',
        'content-disposition': `attachment; filename="${evidenceId}.evidence.json"`,
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      },
    });
  } catch (error) {
    if (!(error instanceof RepriseError)) throw error;
    return refusedBundle(error);
  }
}

function answer(status: number, error: string): Response {
  return Response.json({ error }, { status, headers: { 'cache-control': 'no-store' } });
}
