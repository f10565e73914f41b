import { dashboard } from '@/app/_trpc/context.ts';
import { settings } from '@/server/env.ts';
import { excess } from '../../excess.ts';
import { foreignHost, refusal } from '../../same-origin.ts';

export const dynamic = 'force-dynamic';

/** The door: signing in and out. */
export async function POST(request: Request): Promise<Response> {
  const refused = refusal(request, settings().origin);
  if (refused !== null) return Response.json({ message: refused }, { status: 403 });
  const tooMuch = excess(request, 4_096);
  if (tooMuch !== null) return Response.json({ message: tooMuch }, { status: 413 });
  const { signIn, addressOf } = dashboard();
  return signIn().handle(request, addressOf(request.headers));
}

/**
 * Where a company's own sign-in sends people back to: the one GET that changes something. It comes from elsewhere by
 * its nature; what it brings is good only in the browser that was sent there, and once.
 */
export async function GET(request: Request): Promise<Response> {
  const foreign = foreignHost(request, settings().origin);
  if (foreign !== null) return Response.json({ message: foreign }, { status: 403 });
  const { signIn, addressOf } = dashboard();
  return signIn().handle(request, addressOf(request.headers));
}
