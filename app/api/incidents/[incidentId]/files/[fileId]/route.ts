import { z } from 'zod';
import { contextOf } from '@/app/_trpc/context.ts';
import { settings } from '@/server/env.ts';
import { answer } from '../../../../export-answer.ts';
import { tooMany } from '../../../../limits.ts';
import { refusal } from '../../../../same-origin.ts';

export const dynamic = 'force-dynamic';

const asked = z.object({ incidentId: z.uuid(), fileId: z.uuid() });

/** A file of an incident, to be saved: whatever its bytes are, no browser takes them for a page of Reprise. */
export async function GET(
  request: Request,
  { params }: { params: Promise<{ incidentId: string; fileId: string }> },
): Promise<Response> {
  const refused = refusal(request, settings().origin);
  if (refused !== null) return answer(403, refused);
  const { actor, incidents } = await contextOf(request.headers);
  if (actor === null) return answer(401, 'Sign in first.');
  if (!actor.rights.includes('read'))
    return answer(403, 'This needs the right "read", which you don\'t hold.');
  const limited = await tooMany(request, 'bundle', actor.id);
  if (limited !== null) return limited;
  const input = asked.safeParse(await params);
  const file = input.success ? await incidents.file(input.data.incidentId, input.data.fileId) : null;
  if (file === null) return answer(404, 'This incident has no such file.');
  return new Response(new Uint8Array(file.content), {
    headers: {
      'content-type': file.mediaType,
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.name).replace(/['()*]/g, (each) => `%${each.charCodeAt(0).toString(16)}`)}`,
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
  });
}
