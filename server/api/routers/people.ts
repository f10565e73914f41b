import { z } from 'zod';
import { roles } from '../../domain/access/index.ts';
import type { Actor } from '../context.ts';
import { governing, procedure, router } from '../trpc.ts';

const personId = z.object({ personId: z.string().min(1).max(100) });
const roleSet = z.array(z.enum(roles)).transform((given) => roles.filter((role) => given.includes(role)));

const by = ({ id, sessionId }: Actor) => ({ actor: id, sessionId });

export const peopleRouter = router({
  list: procedure('people').query(({ ctx }) => ctx.people.list()),
  /** The names behind the ids that stand in replays, evidence and the audit. */
  names: procedure('read').query(async ({ ctx }) =>
    (await ctx.people.list()).map(({ id, name, disabled }) => ({ id, name, disabled })),
  ),
  invite: governing
    .input(
      z.object({
        name: z.string().trim().min(1).max(100),
        email: z.email().max(200),
        roles: roleSet,
      }),
    )
    .mutation(({ ctx, input }) => ctx.people.invite({ ...input, ...by(ctx.actor) })),
  inviteAgain: governing
    .input(personId)
    .mutation(({ ctx, input }) => ctx.people.inviteAgain(input.personId, ctx.actor.id, ctx.actor.sessionId)),
  changeRoles: governing
    .input(personId.extend({ roles: roleSet }))
    .mutation(({ ctx, input }) => ctx.people.changeRoles({ ...input, ...by(ctx.actor) })),
  setDisabled: governing
    .input(personId.extend({ disabled: z.boolean() }))
    .mutation(({ ctx, input }) => ctx.people.setDisabled({ ...input, ...by(ctx.actor) })),
  takeAuthenticatorAway: governing
    .input(personId)
    .mutation(({ ctx, input }) =>
      ctx.people.takeAuthenticatorAway({ personId: input.personId, ...by(ctx.actor) }),
    ),
  sessions: procedure('people')
    .input(personId)
    .query(({ ctx, input }) => ctx.people.sessions(input.personId)),
  endSessions: procedure('people')
    .input(personId)
    .mutation(({ ctx, input }) =>
      ctx.people.endOtherSessions({ personId: input.personId, except: null, actor: ctx.actor.id }),
    ),
});
