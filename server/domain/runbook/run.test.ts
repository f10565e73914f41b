import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  actions,
  beginRun,
  decideRun,
  type EndedAttempt,
  endedAttempts,
  evolveRun,
  factsOf,
  isRefusal,
  parseArgument,
  parseCondition,
  type Run,
  type Runbook,
  type RunCommand,
  type RunEvent,
  type Step,
  type StepAction,
  viewRun,
} from './index.ts';

/** As a file refers to what a step gave. */
const ref = (name: string) => `\${${name}}`;
const condition = (text: string) => {
  const parsed = parseCondition(text);
  if ('mistake' in parsed) throw new Error(parsed.mistake);
  return parsed;
};
const step = (id: string, own: Partial<Step> = {}): Step => ({
  id,
  section: 'diagnosis',
  title: id.toUpperCase(),
  body: '',
  line: 1,
  action: null,
  when: null,
  ...own,
});
const action = (shows: string | null = null): Step['action'] => ({
  name: 'inspect-group',
  args: {},
  timeoutSeconds: 30,
  shows: shows === null ? null : condition(shows),
});
const runbookOf = (...steps: readonly Step[]): Runbook => ({
  id: 'stuck',
  title: 'Stuck',
  failureMode: 'poison-message',
  severity: 'P2',
  contracts: [],
  owner: 'team',
  lastRehearsed: null,
  incidents: [],
  parameters: [],
  introduction: '',
  steps,
});
const runbook = runbookOf(
  step('group', { section: 'symptoms', action: action(`${ref('group.lagMs')} > 60000`) }),
  step('decode', { action: action() }),
  step('park', { when: condition(`${ref('decode.decodes')} == false`), section: 'mitigation' }),
  step('note', { section: 'post-incident' }),
);

const runAfter = (...events: readonly RunEvent[]) => events.reduce(evolveRun, beginRun('omar'));
const succeeded = (of: string, outputs: Record<string, string | number | boolean> = {}): RunEvent => ({
  kind: 'attempt-ended',
  step: of,
  attemptId: `${of}-1`,
  status: 'succeeded',
  outputs,
});
const ended = (of: string, status: EndedAttempt): RunEvent => ({
  kind: 'attempt-ended',
  step: of,
  attemptId: `${of}-2`,
  status,
  outputs: {},
});
const statesOf = (run: Run) => viewRun(runbook, run, {}).steps.map(({ state }) => state);
const refusalOf = (run: Run, command: RunCommand) => {
  const decided = decideRun(runbook, run, {}, command);
  return isRefusal(decided) ? decided.refused : null;
};

describe('which step is next', () => {
  it.each([
    ['at the beginning the first', runAfter(), 'group', ['todo', 'todo', 'not-known-yet', 'todo']],
    [
      'the first that is left',
      runAfter(succeeded('group', { lagMs: 84_000 })),
      'decode',
      ['done', 'todo', 'not-known-yet', 'todo'],
    ],
    [
      'one that failed, until it comes off or is skipped',
      runAfter(succeeded('group'), ended('decode', 'failed')),
      'decode',
      ['done', 'failed', 'not-known-yet', 'todo'],
    ],
    [
      'one whose condition holds',
      runAfter(succeeded('group'), succeeded('decode', { decodes: false })),
      'park',
      ['done', 'done', 'todo', 'todo'],
    ],
    [
      'none that its condition keeps out',
      runAfter(succeeded('group'), succeeded('decode', { decodes: true })),
      'note',
      ['done', 'done', 'out', 'todo'],
    ],
    [
      'one of which it can not be known any more, so that people decide',
      runAfter(succeeded('group'), { kind: 'skipped', step: 'decode', reason: 'the registry is away' }),
      'park',
      ['done', 'skipped', 'not-known-yet', 'todo'],
    ],
  ] as const)('is %s', (_rule, run, current, states) => {
    expect(viewRun(runbook, run, {}).current).toBe(current);
    expect(statesOf(run)).toEqual(states);
  });

  it('follows what a step gave when it last succeeded, and a redo that fails changes none of it', () => {
    const first = runAfter(succeeded('group'), succeeded('decode', { decodes: false }));
    expect(statesOf(evolveRun(first, ended('decode', 'failed')))).toEqual(['done', 'failed', 'todo', 'todo']);
    expect(statesOf(evolveRun(first, succeeded('decode', { decodes: true })))[2]).toBe('out');
  });

  it('leaves done what was done before its condition fell', () => {
    const run = runAfter(
      succeeded('decode', { decodes: false }),
      { kind: 'ticked', step: 'park', note: '' },
      succeeded('decode', { decodes: true }),
    );
    expect(statesOf(run)[2]).toBe('done');
  });
});

describe('a step that was done with other values', () => {
  const argument = (text: string) => {
    const parsed = parseArgument(text);
    if ('mistake' in parsed) throw new Error(parsed.mistake);
    return parsed;
  };
  const literal = (value: unknown) => ({ kind: 'literal', value }) as const;
  const stuck = ref('group.stuckOffset');
  const place = { topic: literal('t'), partition: literal(0) };
  const outside = (
    name: 'publish-dead-letter' | 'set-group-offset',
    args: StepAction['args'],
  ): Step['action'] => ({
    ...{ name, args, timeoutSeconds: 30, shows: null },
  });
  const poison = runbookOf(
    step('group', { section: 'symptoms', action: action() }),
    step('park', {
      section: 'mitigation',
      action: outside('publish-dead-letter', {
        ...{ contract: literal('c'), state: argument(ref('state')), partition: literal(0) },
        ...{ offset: argument(stuck), cause: argument(`stood at ${ref('group.lag')}`) },
      }),
    }),
    step('move', {
      section: 'mitigation',
      action: outside('set-group-offset', {
        ...place,
        group: literal('g'),
        to: argument(`${ref('group.stuckOffset + 1')}`),
      }),
    }),
  );
  const given = { state: 'warehouse' };
  const parked = (offset: string, more: Record<string, unknown> = {}): RunEvent => ({
    ...{ kind: 'attempt-ended', step: 'park', attemptId: 'p', status: 'succeeded', outputs: {} },
    // As it was frozen: with what the action has by itself.
    params: { contract: 'c', state: 'warehouse', partition: 0, offset, cause: 'stood at 7', ...more },
  });
  const byHand: RunEvent = { kind: 'ticked', step: 'park', note: 'copied it' };
  const at = (stuckOffset: string, lag = '7') => succeeded('group', { stuckOffset, lag });
  const parkOf = (...events: readonly RunEvent[]) => {
    const { state, changed } = viewRun(poison, runAfter(...events), given).steps[1] ?? {};
    return { state, changed };
  };
  const done = { state: 'done', changed: [] };
  const again = { state: 'again', changed: ['offset'] };

  it.each([
    ['is to do again', [at('40'), parked('40'), at('51')], again],
    ['also where a person did it', [at('40'), byHand, at('51')], again],
    ['and not where they are the same', [at('40'), parked('40'), at('40')], done],
    ['nor for words', [at('40'), parked('40'), at('40', '99')], done],
    [
      'nor where they are written otherwise',
      [at('40'), parked('40'), succeeded('group', { stuckOffset: 40 })],
      done,
    ],
    ['nor where there is nothing to do it with now', [at('40'), parked('40'), succeeded('group')], done],
    ['nor for what the file says nothing of', [at('40'), parked('40', { usual: true })], done],
    ['nor where nobody could tell by then', [byHand, at('51')], done],
    ['until it is done with these', [at('40'), parked('40'), at('51'), parked('51')], done],
    ['or by hand', [at('40'), parked('40'), at('51'), byHand], done],
  ] as const)('%s', (_rule, events, is) => {
    expect(parkOf(...events)).toEqual(is);
  });

  it('nor where the action found by itself what an earlier step gives now, or gave then', () => {
    const searched = runbookOf(
      step('find', { action: action() }),
      step('look', {
        action: {
          ...{ name: 'search-history', timeoutSeconds: 30, shows: null },
          args: { contract: literal('c'), key: argument(ref('find.key')), eventId: argument(ref('find.id')) },
        },
      }),
    );
    const lookOf = (...events: readonly RunEvent[]) => {
      const { state, changed } = viewRun(searched, runAfter(...events), {}).steps[1] ?? {};
      return { state, changed };
    };
    const looked: RunEvent = {
      ...{ kind: 'attempt-ended', step: 'look', attemptId: 'l', status: 'succeeded', outputs: {} },
      params: { contract: 'c', key: 'k' },
    };
    const found = (values: Record<string, string>) => succeeded('find', values);
    expect(lookOf(found({ key: 'k' }), looked, found({ key: 'k', id: 'e' }))).toEqual(done);
    expect(lookOf(found({ key: 'k', id: 'e' }), looked, found({ id: 'e' }))).toEqual(done);
    expect(lookOf(found({ key: 'k' }), looked, found({ key: 'other', id: 'e' }))).toEqual({
      ...{ state: 'again', changed: ['key'] },
    });
  });

  it('keeps a later one from changing anything by these, until it is done again or skipped', () => {
    const begin = (...events: readonly RunEvent[]) =>
      decideRun(poison, runAfter(...events), given, { kind: 'begin', step: 'move' });
    const second = [at('40'), parked('40'), at('51')];
    expect(begin(at('40'), parked('40'))).toEqual({ event: null });
    expect(begin(...second)).toEqual({
      refused: expect.stringMatching(/“PARK” was done with another offset/),
    });
    expect(begin(...second, parked('51'))).toEqual({ event: null });
    expect(begin(...second, { kind: 'skipped', step: 'park', reason: 'it holds nothing' })).toEqual({
      event: null,
    });
    expect(viewRun(poison, runAfter(...second), given).current).toBe('park');
  });

  it('is done where it is no part of the run any more', () => {
    const when = condition(`${stuck} < 50`);
    const steps = poison.steps.map((each) => (each.id === 'park' ? { ...each, when } : each));
    expect(
      viewRun({ ...poison, steps }, runAfter(at('40'), parked('40'), at('51')), given).steps[1]?.state,
    ).toBe('done');
  });
});

describe('a symptom', () => {
  it('is ticked by the figure that its action gave, and not by its having run', () => {
    const symptom = (run: Run) => viewRun(runbook, run, {}).steps[0]?.symptom;
    expect(symptom(runAfter())).toBeNull();
    expect(symptom(runAfter(succeeded('group', { lagMs: 84_000 })))).toEqual({
      shown: true,
      figure: 'lagMs is 84000 (> 60000)',
    });
    expect(symptom(runAfter(succeeded('group', { lagMs: 12 })))?.shown).toBe(false);
    expect(symptom(runAfter(succeeded('group')))).toEqual({
      shown: null,
      figure: 'lagMs is not known (> 60000): look again in some seconds',
    });
  });
});

describe('a refusal', () => {
  const open = (status: 'running' | 'awaiting-approval'): RunEvent => ({
    kind: 'attempt-moved',
    step: 'group',
    attemptId: 'a',
    status,
  });
  it.each<[string, Run, RunCommand, RegExp]>([
    [
      'of a step that is out',
      runAfter(succeeded('decode', { decodes: true })),
      { kind: 'tick', step: 'park', note: '' },
      /no part of this run/,
    ],
    [
      'of a step that is being done',
      runAfter(open('running')),
      { kind: 'begin', step: 'group' },
      /is being done/,
    ],
    [
      'of a step that waits',
      runAfter(open('awaiting-approval')),
      { kind: 'skip', step: 'group', reason: 'x' },
      /waits for an approval/,
    ],
    ['to do by itself what has no action', runAfter(), { kind: 'begin', step: 'note' }, /a person does it/],
    [
      'to tick an action without words',
      runAfter(),
      { kind: 'tick', step: 'group', note: ' ' },
      /what you did by hand/,
    ],
    ['to skip without a reason', runAfter(), { kind: 'skip', step: 'group', reason: ' ' }, /for a reason/],
    ['of a step that there is not', runAfter(), { kind: 'tick', step: 'x', note: '' }, /no step x/],
    [
      'to end while steps are left',
      runAfter(),
      { kind: 'end' },
      /“GROUP” is still to be done, .*, and 1 more/,
    ],
    ['to abandon without a reason', runAfter(), { kind: 'abandon', reason: '' }, /for a reason/],
    [
      'to abandon while a step is done',
      runAfter(open('running')),
      { kind: 'abandon', reason: 'x' },
      /cancel it/,
    ],
    [
      'of anything once it is over',
      runAfter({ kind: 'done' }),
      { kind: 'note', step: null, text: 'x' },
      /is done/,
    ],
    ['to hand over without words', runAfter(), { kind: 'hand-over', to: 'ada', text: '' }, /where it stands/],
  ])('%s says what to do', (_rule, run, command, sentence) => {
    expect(refusalOf(run, command)).toMatch(sentence);
  });
});

describe('whatever happens', () => {
  const ids = runbook.steps.map(({ id }) => id);
  const event: fc.Arbitrary<RunEvent> = fc.oneof(
    fc.record({
      kind: fc.constant('attempt-moved' as const),
      step: fc.constantFrom(...ids),
      attemptId: fc.constantFrom('a', 'b'),
      status: fc.constantFrom('awaiting-approval' as const, 'queued' as const, 'running' as const),
    }),
    fc.record({
      kind: fc.constant('attempt-ended' as const),
      step: fc.constantFrom(...ids),
      attemptId: fc.constantFrom('a', 'b'),
      status: fc.constantFrom(...endedAttempts),
      outputs: fc.record({ decodes: fc.boolean() }, { requiredKeys: [] }),
    }),
    fc.record({ kind: fc.constant('ticked' as const), step: fc.constantFrom(...ids), note: fc.string() }),
    fc.record({ kind: fc.constant('skipped' as const), step: fc.constantFrom(...ids), reason: fc.string() }),
  );
  const runs = fc.array(event, { maxLength: 30 }).map((events) => runAfter(...events));

  it('it ends as done exactly when no step is left', () => {
    fc.assert(
      fc.property(runs, (run) => {
        const decided = decideRun(runbook, run, {}, { kind: 'end' });
        expect(isRefusal(decided)).toBe(viewRun(runbook, run, {}).current !== null);
      }),
    );
  });

  it('every step that can be skipped is skipped by that, and then is left no more', () => {
    fc.assert(
      fc.property(runs, fc.constantFrom(...ids), (run, id) => {
        const decided = decideRun(runbook, run, {}, { kind: 'skip', step: id, reason: 'why' });
        if (isRefusal(decided) || decided.event === null) return;
        const next = evolveRun(run, decided.event);
        expect(viewRun(runbook, next, {}).steps.find(({ step: of }) => of.id === id)?.state).toBe('skipped');
      }),
    );
  });

  it('outputs are those of the newest success, whatever came to nothing afterwards', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), fc.constantFrom(...ids), (events, id) => {
        const newest = events.findLast(
          (each) => each.kind === 'attempt-ended' && each.step === id && each.status === 'succeeded',
        );
        expect(factsOf(runAfter(...events), id).outputs).toEqual(
          newest?.kind === 'attempt-ended' ? newest.outputs : null,
        );
      }),
    );
  });

  it('nothing happens to a run that is over', () => {
    const commands: fc.Arbitrary<RunCommand> = fc.constantFrom<RunCommand>(
      { kind: 'begin', step: 'group' },
      { kind: 'tick', step: 'note', note: 'x' },
      { kind: 'skip', step: 'note', reason: 'x' },
      { kind: 'note', step: null, text: 'x' },
      { kind: 'hand-over', to: 'ada', text: 'x' },
      { kind: 'end' },
      { kind: 'abandon', reason: 'x' },
    );
    fc.assert(
      fc.property(runs, commands, (run, command) => {
        const over = evolveRun(run, { kind: 'abandoned', reason: 'x' });
        expect(isRefusal(decideRun(runbook, over, {}, command))).toBe(true);
      }),
    );
  });
});

describe('a name that becomes a part of a path', () => {
  it.each(['.', '..'])('is not %j', (name) => {
    expect(actions['check-connector'].params.safeParse({ connector: name }).success).toBe(false);
    expect(actions['restart-connector'].params.safeParse({ connector: name }).success).toBe(false);
    expect(actions['control-consumer'].params.safeParse({ service: name, do: 'stop' }).success).toBe(false);
    expect(actions['check-connector'].params.safeParse({ connector: `${name}x` }).success).toBe(true);
  });
});
