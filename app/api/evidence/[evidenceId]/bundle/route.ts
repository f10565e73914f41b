import { z } from 'zod';
import { contextOf, dashboard } from '@/app/_trpc/context.ts';
import { RepriseError } from '@/server/domain/shared/errors.ts';
import { settings } from '@/server/env.ts';
import { tooMany } from '../../../limits.ts';
import { refusal } from '../../../same-origin.ts';
import { refusedBundle } from '../../refused-bundle.ts';

export const dynamic = 'force-dynamic';

const asked = z.object({
  evidenceId: z.uuid(),
  /** Sizes of checkpoints that were kept, separated by commas. */
  from: z
    .string()
    .regex(/^\d{1,15}(,\d{1,15}){0,19}$/, 'at most twenty sizes, separated by commas')
    .optional(),
  /** With a checkpoint that all witnesses have cosigned. */
  cosigned: z.enum(['true', 'false'], 'cosigned is true or false').optional(),
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
  if (!actor.rights.includes('evidence')) {
    const sentence = 'This needs the right "evidence", which you don\'t hold.';
    const subject = z.uuid().safeParse(evidenceId).success ? `evidence:${evidenceId}` : 'evidence';
    await people.noteRefusal({ actor: actor.id, action: 'evidence.exported', subject, detail: { sentence } });
    return answer(403, sentence);
  }
  const given = new URL(request.url).searchParams;
  const input = asked.safeParse({
    evidenceId,
    from: given.get('from') ?? undefined,
    cosigned: given.get('cosigned') ?? undefined,
  });
  if (!input.success) return answer(400, z.prettifyError(input.error));
  const fromSizes = input.data.from?.split(',').map(Number) ?? [];
  try {
    const bundle = await dashboard().evidenceLog.bundle(
      { evidenceId: input.data.evidenceId, fromSizes, cosigned: input.data.cosigned === 'true' },
      actor,
    );
    return new Response(new Uint8Array(bundle), {
      headers: {
        'content-type': 'application/json',
        'content-disposition': `attachment; filename="${input.data.evidenceId}.evidence.json"`,
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
