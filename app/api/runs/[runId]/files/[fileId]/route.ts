import { z } from 'zod';
import { answer } from '../../../../export-answer.ts';
import { mayRead } from '../../../../may-read.ts';
import { savedFile } from '../../../../saved-file.ts';

export const dynamic = 'force-dynamic';

const asked = z.object({ runId: z.uuid(), fileId: z.uuid() });

/** A file of a step of a run. */
export async function GET(
  request: Request,
  { params }: { params: Promise<{ runId: string; fileId: string }> },
): Promise<Response> {
  const context = await mayRead(request);
  if (context instanceof Response) return context;
  const input = asked.safeParse(await params);
  const file = input.success ? await context.runs.file(input.data.runId, input.data.fileId) : null;
  return file === null ? answer(404, 'This run has no such file.') : savedFile(file);
}
