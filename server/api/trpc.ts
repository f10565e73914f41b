import { initTRPC, TRPCError } from '@trpc/server';
import superjson from 'superjson';
import { ZodError } from 'zod';
import type { Right } from '../domain/access/index.ts';
import { type ErrorCode, RepriseError } from '../domain/shared/errors.ts';
import type { Actor, Context } from './context.ts';
import { inputSentence } from './input-sentence.ts';
import { whereUnkeepable } from './keepable.ts';

type Meta = {
  readonly right: Right;
  /** It asks brokers or read models, which others live on, and so it is counted. */
  readonly reachesOut?: boolean;
};

const t = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    transformer: superjson,
    errorFormatter: ({ shape, error }) => ({
      ...shape,
      message: error.cause instanceof ZodError ? inputSentence(error.cause) : shape.message,
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
  'promotion-not-found': 'NOT_FOUND',
  'evidence-not-found': 'NOT_FOUND',
  'evidence-log-rewritten': 'CONFLICT',
  'scope-invalid': 'BAD_REQUEST',
  'scope-not-allowed': 'BAD_REQUEST',
  'input-invalid': 'BAD_REQUEST',
  'replay-state-conflict': 'CONFLICT',
  'replay-id-taken': 'CONFLICT',
  'promotion-conflict': 'CONFLICT',
  'incident-not-found': 'NOT_FOUND',
  'incident-conflict': 'CONFLICT',
  'runbook-not-found': 'NOT_FOUND',
  'runbook-invalid': 'BAD_REQUEST',
  'runbook-conflict': 'CONFLICT',
  'runbook-refused': 'CONFLICT',
  'runbook-overtaken': 'CONFLICT',
  'dead-letter-not-found': 'NOT_FOUND',
  'redrive-not-found': 'NOT_FOUND',
  'redrive-conflict': 'CONFLICT',
  'review-not-found': 'NOT_FOUND',
  'review-conflict': 'CONFLICT',
  forbidden: 'FORBIDDEN',
  'person-not-found': 'NOT_FOUND',
  'person-conflict': 'CONFLICT',
  'invitation-not-open': 'PRECONDITION_FAILED',
  'session-not-found': 'NOT_FOUND',
  'token-not-found': 'NOT_FOUND',
  'view-not-found': 'NOT_FOUND',
  'exclusion-not-found': 'NOT_FOUND',
  'exclusion-ended': 'CONFLICT',
  'sign-in-not-fresh': 'PRECONDITION_FAILED',
};

/** What fails is handed on as an answer; the span has to see it fail. */
const traceIt = t.middleware(async ({ ctx, path, type, next }) => {
  let result: Awaited<ReturnType<typeof next>> | null = null;
  const traced = ctx.trace(path, type, async () => {
    result = await next();
    if (!result.ok) throw result.error.cause ?? result.error;
    return result;
  });
  return traced.catch((error: unknown) => {
    if (result !== null) return result;
    throw error;
  });
});

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

const enforcePolicy = t.middleware(async ({ ctx, meta, path, type, getRawInput, next }) => {
  if (!meta)
    throw new TRPCError({
      code: 'FORBIDDEN',
      message: 'This procedure has no policy, so nobody may call it.',
    });
  if (!ctx.actor) throw new TRPCError({ code: 'UNAUTHORIZED', message: 'Sign in first.' });
  if (!ctx.actor.rights.includes(meta.right)) {
    const message = `This needs the right "${meta.right}", which you don't hold.`;
    if (type === 'mutation') await noteRefusal(ctx, ctx.actor, path, await getRawInput(), message);
    throw new TRPCError({ code: 'FORBIDDEN', message });
  }
  const result = await next({ ctx: { ...ctx, actor: ctx.actor } });
  if (!result.ok && type === 'mutation' && result.error.cause instanceof RepriseError)
    await noteRefusal(ctx, ctx.actor, path, await getRawInput(), result.error.cause.message);
  return result;
});

/** Under these names, and in this shape, an input names what an act is about; it comes from whoever asks. */
const namedIds = [
  'contractId',
  'replayId',
  'promotionId',
  'subjectId',
  'glassId',
  'planHash',
  'personId',
  'sessionId',
  'tokenId',
  'passkeyId',
  'viewId',
  'exclusionId',
  'evidenceId',
  'incidentId',
  'runId',
  'attemptId',
  'runbookId',
  'redriveId',
  'reviewId',
] as const;
const isId = (value: unknown) => typeof value === 'string' && /^[\w-]{1,80}$/.test(value);

/** What was asked for and refused is on record too. Of the input only ids are: words and secrets stay out. */
function noteRefusal(
  ctx: Context,
  actor: Actor,
  path: string,
  input: unknown,
  sentence: string,
): Promise<void> {
  const given = new Map(typeof input === 'object' && input !== null ? Object.entries(input) : []);
  const ids = namedIds.map((name) => [name, given.get(name)] as const).filter(([, value]) => isId(value));
  return ctx.people.noteRefusal({
    actor: actor.id,
    action: path,
    subject: ids.map(([name, value]) => `${name}:${value}`).join(' ') || path,
    detail: { sentence },
  });
}

/** Acts of one person, and tries of one address at what is open to everybody. */
const ACTS_A_MINUTE = 120;
const OPEN_ACTS_A_MINUTE = 20;
/** Questions of one person that go on to brokers and read models: several pages that ask every few seconds. */
const REACHES_A_MINUTE = 120;

/** How often something may be asked for, and whose tries it counts with; null: what Reprise alone answers is not counted. */
function limitOf(ctx: Context, type: string, meta: Meta | undefined): readonly [string, number] | null {
  const who = ctx.actor?.id ?? ctx.address;
  if (type !== 'mutation') return meta?.reachesOut === true ? [`outside:${who}`, REACHES_A_MINUTE] : null;
  return meta?.right === 'enter'
    ? [`address:${ctx.address}`, OPEN_ACTS_A_MINUTE]
    : [`person:${who}`, ACTS_A_MINUTE];
}

const limitActs = t.middleware(async ({ ctx, type, meta, next }) => {
  const limit = limitOf(ctx, type, meta);
  if (limit === null || (await ctx.rates.take(...limit))) return next();
  throw new TRPCError({
    code: 'TOO_MANY_REQUESTS',
    message: 'Too many requests. Wait a minute, then try again.',
  });
});

/** What the database can't keep is refused by name, wherever it stands. Behind the policy, so that it is on record. */
const refuseUnkeepable = t.middleware(async ({ getRawInput, next }) => {
  const where = whereUnkeepable(await getRawInput());
  if (where === null) return next();
  throw new RepriseError(
    'input-invalid',
    `${where.slice(0, 100)} holds a character that can't be kept: a NUL, or half of one that is written in two halves. Take it out, then try again.`,
    { where: where.slice(0, 100) },
  );
});

/** The only way to build a procedure: it names the right that it needs. */
export const procedure = (right: Exclude<Right, 'enter'>) =>
  t.procedure
    .meta({ right })
    .use(traceIt)
    .use(answerRefusals)
    .use(limitActs)
    .use(enforcePolicy)
    .use(refuseUnkeepable);

/** The same for a question that brokers or read models have to answer. */
export const reaching = (right: Exclude<Right, 'enter'>) =>
  t.procedure
    .meta({ right, reachesOut: true })
    .use(traceIt)
    .use(answerRefusals)
    .use(limitActs)
    .use(enforcePolicy)
    .use(refuseUnkeepable);

/** The same for what takes a sign-in of late, and is never done by a token. */
export const freshly = (right: Exclude<Right, 'enter'>) =>
  procedure(right).use(async ({ ctx, next }) => {
    await ctx.people.demandFresh(ctx.actor.sessionId);
    return next();
  });

/** For what gives others their rights. */
export const governing = freshly('people');

/** For those who have not signed in: they come to nothing but the door. */
export const openProcedure = t.procedure
  .meta({ right: 'enter' })
  .use(traceIt)
  .use(answerRefusals)
  .use(limitActs)
  .use(refuseUnkeepable);

/** For a missing thing: a clear 404 with what was asked for. */
export function found<T>(value: T | null, what: string): T {
  if (value === null) throw new TRPCError({ code: 'NOT_FOUND', message: `There is no ${what}.` });
  return value;
}
