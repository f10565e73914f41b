import { initTRPC, TRPCError } from '@trpc/server';
import superjson from 'superjson';
import { type ErrorCode, RepriseError } from '../domain/shared/errors.ts';
import type { Context } from './context.ts';
import { mayDo, type Right } from './policy.ts';

type Meta = { readonly right: Right };

const t = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    transformer: superjson,
    errorFormatter: ({ shape, error }) => ({
      ...shape,
      data: {
        ...shape.data,
        // A stack names files of the machine that it ran on; none leaves it.
        stack: undefined,
        reprise:
          error.cause instanceof RepriseError ? { code: error.cause.code, where: error.cause.where } : null,
      },
    }),
    sse: { ping: { enabled: true, intervalMs: 5000 }, client: { reconnectAfterInactivityMs: 15_000 } },
  });

export const router = t.router;
export const createCaller = t.createCallerFactory;

const httpStatus: Partial<Record<ErrorCode, TRPCError['code']>> = {
  'contract-not-found': 'NOT_FOUND',
  'contract-version-not-found': 'NOT_FOUND',
  'replay-not-found': 'NOT_FOUND',
  'evidence-not-found': 'NOT_FOUND',
  'scope-invalid': 'BAD_REQUEST',
  'scope-not-allowed': 'BAD_REQUEST',
  'input-invalid': 'BAD_REQUEST',
  'replay-state-conflict': 'CONFLICT',
  forbidden: 'FORBIDDEN',
};

/** Turns a refusal into an answer with its sentence; anything else is logged and answered without its insides. */
const answerRefusals = t.middleware(async ({ ctx, path, next }) => {
  const result = await next();
  if (result.ok) return result;
  const cause = result.error.cause;
  if (cause instanceof RepriseError) {
    throw new TRPCError({
      code: httpStatus[cause.code] ?? 'PRECONDITION_FAILED',
      message: cause.message,
      cause,
    });
  }
  if (result.error.code === 'INTERNAL_SERVER_ERROR') {
    ctx.reportFailure(cause ?? result.error, path);
    throw new TRPCError({
      code: 'INTERNAL_SERVER_ERROR',
      message: 'Reprise failed to answer. Its log says why.',
    });
  }
  throw result.error;
});

const enforcePolicy = t.middleware(({ ctx, meta, next }) => {
  if (!meta)
    throw new TRPCError({
      code: 'FORBIDDEN',
      message: 'This procedure has no policy, so nobody may call it.',
    });
  if (!ctx.actor) throw new TRPCError({ code: 'UNAUTHORIZED', message: 'Sign in first.' });
  if (!mayDo(ctx.actor.roles, meta.right)) {
    throw new TRPCError({
      code: 'FORBIDDEN',
      message: `This needs the right "${meta.right}", which you don't hold.`,
    });
  }
  return next({ ctx: { ...ctx, actor: ctx.actor } });
});

/** The only way to build a procedure: it names the right that it needs. */
export const procedure = (right: Right) => t.procedure.meta({ right }).use(answerRefusals).use(enforcePolicy);

/** For a missing thing: a clear 404 with what was asked for. */
export function found<T>(value: T | null, what: string): T {
  if (value === null) throw new TRPCError({ code: 'NOT_FOUND', message: `There is no ${what}.` });
  return value;
}
