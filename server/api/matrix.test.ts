import { describe, expect, it } from 'vitest';
import type { DashboardCommands } from '../application/ports/dashboard.ts';
import { matrix, mayDo, type Role, rights, roles } from '../domain/access/index.ts';
import { RepriseError } from '../domain/shared/errors.ts';
import type { Context } from './context.ts';
import { callerFor } from './root.ts';
import { appRouterRight, call, contextOf, input, Passed, passing, procedures, refused } from './test-kit.ts';

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
      'evidence.log': 'read',
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

  it('are limited by person, tries at the door by address, and what Reprise alone answers not at all', async () => {
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

  it('are no more limited than questions that brokers and read models answer', async () => {
    const asked: [string, number][] = [];
    const caller = callerFor(limited(['operator'], asked));
    const { contractId, redriveId, replayId, scope, topic, partition, offset, derivedState } = input;
    const reaching: Readonly<Record<string, () => Promise<unknown>>> = {
      'approvals.review': () => caller.approvals.review({ replayId }),
      'contracts.pipeline': () => caller.contracts.pipeline({ contractId }),
      'deadLetters.edit': () => caller.deadLetters.edit({ redriveId }),
      'deadLetters.get': () => caller.deadLetters.get({ topic, partition, offset }),
      'deadLetters.later': () => caller.deadLetters.later({ topic, partition, offset }),
      'deadLetters.previewRedrive': () => caller.deadLetters.previewRedrive({ contractId, derivedState }),
      'overview.health': () => caller.overview.health(),
      'replays.preview': () => caller.replays.preview({ contractId, scope: { ...scope, kind: 'all' } }),
    };
    for (const ask of Object.values(reaching)) await expect(ask()).rejects.toThrow(/Too many requests/);
    expect(asked).toEqual(Object.keys(reaching).map(() => ['outside:ada', 120]));
    const declared = procedures.filter(([, { _def }]) => _def.meta?.reachesOut === true);
    expect(declared.map(([path]) => path).sort()).toEqual(Object.keys(reaching));
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
