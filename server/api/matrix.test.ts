import { TRPCError } from '@trpc/server';
import { describe, expect, it } from 'vitest';
import type { NoticeDesk } from '../application/notices/desk.ts';
import type { PeopleDesk } from '../application/people/people-desk.ts';
import type { DashboardCommands, DashboardQueries, LiveFeed } from '../application/ports/dashboard.ts';
import { matrix, mayDo, type Right, type Role, rights, roles } from '../domain/access/index.ts';
import { RepriseError } from '../domain/shared/errors.ts';
import { actorOf, type Context } from './context.ts';
import { appRouter, callerFor } from './root.ts';

/** Reached behind every door that lets somebody through: answers nothing, so that only rights are looked at. */
class Passed extends Error {}
const passing = <T extends object>(own: Partial<T> = {}): T =>
  new Proxy(own as T, {
    get: (target, name) =>
      Reflect.get(target, name) ??
      (() => {
        throw new Passed();
      }),
  });

const refused: Parameters<PeopleDesk['noteRefusal']>[0][] = [];

function contextOf(held: readonly Role[] | null, scopes: readonly Right[] | null = null): Context {
  const person = { id: 'ada', name: 'Ada', email: 'ada@example.test', roles: held ?? [] };
  return {
    actor:
      held === null
        ? null
        : actorOf({ person, scopes, sessionId: 'a-session', provenAt: null, method: null }),
    queries: passing<DashboardQueries>(),
    commands: passing<DashboardCommands>(),
    people: passing<PeopleDesk>({
      noteRefusal: async (note) => void refused.push(note),
      isFresh: async () => true,
    }),
    notices: passing<NoticeDesk>(),
    live: passing<LiveFeed>(),
    demo: null,
    issuerName: null,
    site: { id: 'localhost', origin: 'http://localhost:3000' },
    rates: { take: async () => true, forget: async () => undefined },
    address: '198.51.100.7',
    stillHolds: async () => true,
    reportFailure: () => undefined,
  };
}

/** Input that every procedure takes: fields that one does not know are dropped by its schema. */
const input = {
  personId: 'grace',
  sessionId: 'a-session',
  tokenId: '00000000-0000-4000-8000-000000000005',
  token: 'x'.repeat(40),
  name: 'Grace',
  email: 'grace@example.test',
  roles: ['viewer'],
  disabled: true,
  password: 'a long enough one',
  code: '123456',
  step: 'x'.repeat(43),
  answer: {},
  passkeyId: 'a-passkey',
  old: 'a long enough one',
  next: 'another long one',
  channel: 'email',
  byEmail: false,
  behind: '0',
  planHash: 'a'.repeat(64),
  verdict: 'approved',
  reason: 'read it',
  scopes: ['read'],
  days: 1,
  contractId: 'inventory',
  replayId: '00000000-0000-4000-8000-000000000001',
  promotionId: '00000000-0000-4000-8000-000000000006',
  subjectKind: 'replay',
  subjectId: '00000000-0000-4000-8000-000000000007',
  glassId: '00000000-0000-4000-8000-000000000008',
  derivedState: 'selling',
  keys: null,
  fields: null,
  evidenceId: '00000000-0000-4000-8000-000000000002',
  before: '00000000-0000-4000-8000-000000000003',
  after: '00000000-0000-4000-8000-000000000004',
  key: 'SKU-1',
  scope: { kind: 'all' },
  eventsPerSecond: null,
};

/** The flat list that tRPC keeps for itself; its type shows the nested routers. */
type Declared = { readonly _def: { readonly meta?: { readonly right?: Right } } };
const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, Declared>);

function appRouterRight(path: string): Right | undefined {
  return procedures.find(([each]) => each === path)?.[1]._def.meta?.right;
}

/** 'passed' where the rights let the caller through, whatever happened behind; else the refusal's code. */
async function call(
  path: string,
  held: readonly Role[] | null,
  scopes: readonly Right[] | null = null,
): Promise<string> {
  const caller = callerFor(contextOf(held, scopes)) as unknown as Record<
    string,
    Record<string, (input: unknown) => Promise<unknown>>
  >;
  const [room = '', name = ''] = path.split('.');
  try {
    await caller[room]?.[name]?.(input);
    return 'passed';
  } catch (error) {
    if (!(error instanceof TRPCError)) throw error;
    // What lies behind the door failed as it was made to.
    return error.code === 'INTERNAL_SERVER_ERROR' ? 'passed' : error.code;
  }
}

describe('the matrix of rights', () => {
  it('walks every procedure there is', () => {
    expect(procedures.length).toBeGreaterThan(15);
  });

  it.each(procedures)('%s names the right that it needs', (_path, procedure) => {
    expect(rights).toContain(procedure._def.meta?.right);
  });

  const cells = procedures.flatMap(([path, procedure]) => {
    const right = procedure._def.meta?.right;
    return roles.map((role) => ({
      path,
      role,
      right,
      allowed: right !== undefined && matrix[right].includes(role),
    }));
  });
  it.each(cells)('$path as $role: $allowed', async ({ path, role, allowed }) => {
    expect(await call(path, [role])).toBe(allowed ? 'passed' : 'FORBIDDEN');
  });

  const closed = procedures.filter(([, procedure]) => procedure._def.meta?.right !== 'enter');
  it.each(closed.map(([path]) => path))('%s refuses somebody without a role, and nobody', async (path) => {
    // What is one's own stays so without a role: to see one's sessions and to end them.
    // A token is made of rights that somebody without a role has not got.
    const isOwn = appRouterRight(path) === 'account' && path !== 'account.makeToken';
    expect(await call(path, [])).toBe(isOwn ? 'passed' : 'FORBIDDEN');
    expect(await call(path, null)).toBe('UNAUTHORIZED');
  });

  it.each(closed.map(([path]) => path))('%s refuses a token without its scope', async (path) => {
    const right = appRouterRight(path);
    expect(
      await call(
        path,
        roles,
        rights.filter((each) => each !== right),
      ),
    ).toBe('FORBIDDEN');
  });

  it('opens the door itself to nobody in particular, and nothing else', () => {
    const open = procedures.filter(([, procedure]) => procedure._def.meta?.right === 'enter');
    expect(open.map(([path]) => path).sort()).toEqual([
      'account.accept',
      'account.demo',
      'account.doors',
      'account.invitation',
      'account.me',
    ]);
  });

  it('gives a token no more than its person has', async () => {
    expect(await call('replays.launch', ['viewer'], ['read', 'replay'])).toBe('FORBIDDEN');
    expect(await call('replays.launch', ['operator'], ['read', 'replay'])).toBe('passed');
  });

  it('lets everybody read what a record found, and auditors alone its bytes', () => {
    const needs = Object.fromEntries(
      procedures.map(([path, procedure]) => [path, procedure._def.meta?.right]),
    );
    expect(needs).toMatchObject({
      'evidence.get': 'read',
      'evidence.record': 'evidence',
      'evidence.attachment': 'evidence',
    });
    expect(roles.filter((role) => mayDo([role], 'evidence'))).toEqual(['auditor']);
    expect(new Set(Object.values(needs))).toEqual(new Set(rights));
  });

  it('keeps those who watch from acting, and admins from replaying', () => {
    expect(mayDo(['viewer', 'auditor', 'admin'], 'replay')).toBe(false);
    expect(mayDo(['viewer', 'operator'], 'replay')).toBe(true);
  });
});

describe('acts', () => {
  const limited = (held: readonly Role[] | null, asked: [string, number][]): Context => ({
    ...contextOf(held),
    rates: {
      take: async (key, perMinute) => {
        asked.push([key, perMinute]);
        return false;
      },
      forget: async () => undefined,
    },
  });

  it('are limited by person, tries at the door by address, and reads not at all', async () => {
    const asked: [string, number][] = [];
    const operator = callerFor(limited(['operator'], asked));
    await expect(operator.replays.pause({ replayId: input.replayId })).rejects.toThrow(/Too many requests/);
    await expect(operator.replays.list({})).rejects.toThrow('Reprise failed to answer');
    await expect(callerFor(limited(null, asked)).account.invitation({ token: input.token })).rejects.toThrow(
      /Too many requests/,
    );
    expect(asked).toEqual([
      ['person:ada', 120],
      ['address:198.51.100.7', 20],
    ]);
  });
});

describe('a refusal', () => {
  it('of an act is on record, with who and what and no words of the request', async () => {
    refused.length = 0;
    await call('replays.cancel', ['viewer']);
    expect(refused).toEqual([
      {
        actor: 'ada',
        action: 'replays.cancel',
        subject: expect.stringContaining(`replayId:${input.replayId}`),
        detail: { sentence: 'This needs the right "replay", which you don\'t hold.' },
      },
    ]);
  });

  it('by a rule is on record too, and a read leaves none', async () => {
    refused.length = 0;
    const context: Context = {
      ...contextOf(['operator']),
      commands: passing<DashboardCommands>({
        pause: async () => {
          throw new RepriseError('replay-state-conflict', 'It has ended.');
        },
      }),
    };
    await expect(callerFor(context).replays.pause({ replayId: input.replayId })).rejects.toThrow(
      'It has ended.',
    );
    expect(refused.map(({ action, detail }) => [action, detail])).toEqual([
      ['replays.pause', { sentence: 'It has ended.' }],
    ]);
    await call('people.list', ['viewer']);
    expect(refused).toHaveLength(1);
  });

  it('answers with its sentence, and a failure without its insides', async () => {
    const failures: unknown[] = [];
    const context = { ...contextOf(['operator']), reportFailure: (error: unknown) => failures.push(error) };
    await expect(callerFor(context).replays.list({})).rejects.toThrow(
      'Reprise failed to answer. Its log says why.',
    );
    expect(failures).toHaveLength(1);
    expect(failures[0]).toBeInstanceOf(Passed);
  });
});
