import { contextOf } from '@/app/_trpc/context.ts';
import { settings } from '@/server/env.ts';
import { answer } from './export-answer.ts';
import { tooMany } from './limits.ts';
import { refusal } from './same-origin.ts';

type Context = Awaited<ReturnType<typeof contextOf>>;

/** The context of whoever asks for a file and may read; else the answer that they get. */
export async function mayRead(request: Request): Promise<Context | Response> {
  const refused = refusal(request, settings().origin);
  if (refused !== null) return answer(403, refused);
  const context = await contextOf(request.headers);
  const { actor } = context;
  if (actor === null) return answer(401, 'Sign in first.');
  if (!actor.rights.includes('read'))
    return answer(403, 'This needs the right "read", which you don\'t hold.');
  return (await tooMany(request, 'bundle', actor.id)) ?? context;
}
