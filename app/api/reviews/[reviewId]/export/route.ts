import { z } from 'zod';
import { contextOf } from '@/app/_trpc/context.ts';
import { mayNotExport, reviewFormats } from '@/server/application/review/export.ts';
import { mayExport } from '@/server/domain/review/index.ts';
import { RepriseError } from '@/server/domain/shared/errors.ts';
import { settings } from '@/server/env.ts';
import { whyUnclear } from '../../../asked-once.ts';
import { answer } from '../../../export-answer.ts';
import { tooMany } from '../../../limits.ts';
import { refusal } from '../../../same-origin.ts';

export const dynamic = 'force-dynamic';

const asked = z.strictObject({
  reviewId: z.uuid(),
  as: z.enum(reviewFormats, `as is one of ${reviewFormats.join(', ')}`),
  /** A signed one; left out: the review as it stands. */
  revision: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, 'revision is the number of a signed revision')
    .transform(Number)
    .optional(),
});

/** A review as a file: Markdown, PDF, JSON, or all of them with the evidence that it stands on. */
export async function GET(
  request: Request,
  { params }: { params: Promise<{ reviewId: string }> },
): Promise<Response> {
  const refused = refusal(request, settings().origin);
  if (refused !== null) return answer(403, refused);
  const { actor, people, reviews } = await contextOf(request.headers);
  if (actor === null) return answer(401, 'Sign in first.');
  // Before a refusal is put on record: else whoever may not export could fill the audit.
  const limited = await tooMany(request, 'export', actor.id);
  if (limited !== null) return limited;
  const { reviewId } = await params;
  if (!mayExport(actor.rights)) {
    const subject = z.uuid().safeParse(reviewId).success ? `review:${reviewId}` : 'review';
    const detail = { sentence: mayNotExport };
    await people.noteRefusal({ actor: actor.id, action: 'review.exported', subject, detail });
    return answer(403, mayNotExport);
  }
  const given = new URL(request.url).searchParams;
  const unclear = whyUnclear(given);
  if (unclear !== null) return answer(400, unclear);
  const input = asked.safeParse({ ...Object.fromEntries(given), reviewId });
  if (!input.success) return answer(400, z.prettifyError(input.error));
  const { as, revision = null } = input.data;
  try {
    const { name, mediaType, content } = await reviews.export(
      { reviewId: input.data.reviewId, revision, as },
      actor,
    );
    return new Response(new Uint8Array(content), {
      headers: {
        'content-type': mediaType,
        'content-disposition': `attachment; filename="${name}"`,
        'content-security-policy': "default-src 'none'; sandbox",
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      },
    });
  } catch (error) {
    if (!(error instanceof RepriseError)) throw error;
    const status = { 'review-not-found': 404, 'input-invalid': 400, forbidden: 403, 'signing-failed': 503 };
    return answer((status as Record<string, number>)[error.code] ?? 500, error.message);
  }
}
