import { z } from 'zod';
import { answer } from '../../../../export-answer.ts';
import { mayRead } from '../../../../may-read.ts';
import { savedFile } from '../../../../saved-file.ts';

export const dynamic = 'force-dynamic';

const asked = z.object({ incidentId: z.uuid(), fileId: z.uuid() });

/** A file of an incident. */
export async function GET(
  request: Request,
  { params }: { params: Promise<{ incidentId: string; fileId: string }> },
): Promise<Response> {
  const context = await mayRead(request);
  if (context instanceof Response) return context;
  const input = asked.safeParse(await params);
  const file = input.success ? await context.incidents.file(input.data.incidentId, input.data.fileId) : null;
  return file === null ? answer(404, 'This incident has no such file.') : savedFile(file);
}
