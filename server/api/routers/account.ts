import { z } from 'zod';
import { refuseToken } from '../../application/approval/refuse-stale.ts';
import type { Site } from '../../application/ports/passkeys.ts';
import type { RequestRates } from '../../application/ports/people.ts';
import { ISSUER_WORD_DAYS, matrix, rights, rightWords, tokenRights } from '../../domain/access/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Actor } from '../context.ts';
import { freshly, openProcedure, procedure, router } from '../trpc.ts';

const token = z.string().min(20).max(200);
const password = z.string().min(1).max(512);
const passkeyId = z.string().min(1).max(1_400);
const passkeyName = z.string().trim().min(1).max(100);
const code = z.string().min(1).max(100);

export const accountRouter = router({
  /** Who is asking; null where nobody has signed in. */
  me: openProcedure.query(({ ctx }) => ctx.actor),

  /** The people of the demo and their password, where it runs; else null. */
  demo: openProcedure.query(({ ctx }) => ctx.demo),

  /** The ways to sign in that there are besides a password. */
  doors: openProcedure.query(({ ctx }) => ({
    issuerName: ctx.issuerName,
    hasPasskeys: ctx.site !== null,
    /** For so long after the issuer's word a token of one of its people counts. */
    tokenDays: ISSUER_WORD_DAYS,
  })),

  /** Every right there is, what it lets do, who holds it, and whether the asker does. */
  permissions: procedure('account').query(({ ctx }) =>
    rights.map((right) => ({
      right,
      words: rightWords[right],
      roles: matrix[right],
      // The same right where a token may be given it.
      ofTokens: tokenRights.find((each) => each === right) ?? null,
      held: ctx.actor.rights.includes(right),
    })),
  ),

  invitation: openProcedure
    .input(z.object({ token }))
    .mutation(({ ctx, input }) => ctx.people.readInvitation(input.token)),
  accept: openProcedure
    .input(
      z.object({
        token,
        password,
        name: z.string().trim().min(1).max(100).optional(),
        email: z.email().max(200).optional(),
      }),
    )
    .mutation(({ ctx, input }) => ctx.people.acceptInvitation(input)),

  changePassword: procedure('account')
    .input(z.object({ old: password, next: password }))
    .mutation(async ({ ctx, input }) => {
      refuseToken(ctx.actor.sessionId);
      // An unlocked screen is no place to guess at the old one.
      if (!(await ctx.rates.take(`password:${ctx.actor.id}`, 10, 15)))
        throw new RepriseError('forbidden', 'Too many wrong passwords. Try again in a quarter of an hour.');
      return ctx.people.changePassword({
        ...input,
        personId: ctx.actor.id,
        sessionId: ctx.actor.sessionId,
      });
    }),

  secondFactor: procedure('account').query(({ ctx }) => ctx.people.secondFactor(ctx.actor.id)),
  /** Whoever turns it on keeps everybody else out: so it takes a sign-in of late, as turning it off does. */
  beginAuthenticator: freshly('account').mutation(({ ctx }) =>
    ctx.people.beginAuthenticator({ personId: ctx.actor.id, sessionId: ctx.actor.sessionId }),
  ),
  confirmAuthenticator: freshly('account')
    .input(z.object({ code }))
    .mutation(async ({ ctx, input }) => {
      await limitCodes(ctx.rates, ctx.actor.id);
      const { id: personId, sessionId } = ctx.actor;
      return ctx.people.confirmAuthenticator({ personId, sessionId, code: input.code });
    }),
  turnOffAuthenticator: freshly('account')
    .input(z.object({ code }))
    .mutation(async ({ ctx, input }) => {
      await limitCodes(ctx.rates, ctx.actor.id);
      const { id: personId, sessionId } = ctx.actor;
      return ctx.people.turnOffAuthenticator({ personId, sessionId, code: input.code });
    }),

  passkeys: procedure('account').query(({ ctx }) => ctx.people.passkeys(ctx.actor.id)),
  beginPasskey: freshly('account').mutation(({ ctx }) => ctx.people.beginPasskey(askerOf(ctx))),
  addPasskey: freshly('account')
    .input(z.object({ step: token, name: passkeyName, answer: z.unknown() }))
    .mutation(({ ctx, input }) => ctx.people.addPasskey({ ...askerOf(ctx), ...input })),
  renamePasskey: procedure('account')
    .input(z.object({ passkeyId, name: passkeyName }))
    .mutation(({ ctx, input }) => ctx.people.renamePasskey({ ...input, personId: ctx.actor.id })),
  removePasskey: freshly('account')
    .input(z.object({ passkeyId }))
    .mutation(({ ctx, input }) =>
      ctx.people.removePasskey({ ...input, personId: ctx.actor.id, sessionId: ctx.actor.sessionId }),
    ),

  sessions: procedure('account').query(async ({ ctx }) =>
    (await ctx.people.sessions(ctx.actor.id)).map((session) => ({
      ...session,
      isThisOne: session.id === ctx.actor.sessionId,
    })),
  ),
  endSession: procedure('account')
    .input(z.object({ sessionId: z.string().max(100) }))
    .mutation(({ ctx, input }) =>
      ctx.people.endSession({ personId: ctx.actor.id, sessionId: input.sessionId, actor: ctx.actor.id }),
    ),
  endOtherSessions: procedure('account').mutation(({ ctx }) =>
    ctx.people.endOtherSessions({ personId: ctx.actor.id, except: ctx.actor.sessionId, actor: ctx.actor.id }),
  ),

  noticesByEmail: procedure('account').query(({ ctx }) => ctx.notices.byEmail(ctx.actor.id)),
  setNoticesByEmail: procedure('account')
    .input(z.object({ byEmail: z.boolean() }))
    .mutation(({ ctx, input }) => ctx.notices.setByEmail({ personId: ctx.actor.id, byEmail: input.byEmail })),

  tokens: procedure('account').query(({ ctx }) => ctx.people.tokens(ctx.actor.id)),
  /** A key that acts for a year is not made at an unlocked screen. */
  makeToken: freshly('account')
    .input(
      z.object({
        name: z.string().trim().min(1).max(100),
        scopes: z.array(z.enum(tokenRights)).min(1),
        days: z.number().int().min(1).max(365),
      }),
    )
    .mutation(({ ctx, input }) => {
      const beyond = input.scopes.find((scope) => !ctx.actor.rights.includes(scope));
      if (beyond !== undefined)
        throw new RepriseError(
          'forbidden',
          `A token can't hold the right "${beyond}", which you don't hold.`,
        );
      const { id: personId, sessionId } = ctx.actor;
      return ctx.people.makeToken({ ...input, personId, sessionId });
    }),
  revokeToken: procedure('account')
    .input(z.object({ tokenId: z.uuid() }))
    .mutation(({ ctx, input }) => ctx.people.revokeToken({ personId: ctx.actor.id, tokenId: input.tokenId })),
});

function askerOf({ actor, site }: { readonly actor: Actor; readonly site: Site | null }) {
  if (actor.sessionId === null || site === null)
    throw new RepriseError(
      'input-invalid',
      'Browsers bind no passkey to an IP address: open Reprise by a name, such as localhost.',
    );
  return { personId: actor.id, sessionId: actor.sessionId, site };
}

async function limitCodes(rates: RequestRates, personId: string): Promise<void> {
  if (!(await rates.take(`second-factor:${personId}:account`, 10, 15)))
    throw new RepriseError('forbidden', 'Too many wrong codes. Try again in a quarter of an hour.');
}
