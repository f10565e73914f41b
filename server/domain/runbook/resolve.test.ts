import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseArgument, referencesIn, toText } from './references.ts';
import { resolveArguments } from './resolve.ts';
import type { Argument, Reference } from './runbook.ts';

function args(given: Readonly<Record<string, unknown>>): Readonly<Record<string, Argument>> {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const argument = parseArgument(value);
      if ('mistake' in argument) throw new Error(argument.mistake);
      return [name, argument];
    }),
  );
}

const values =
  (given: Readonly<Record<string, unknown>>) =>
  (reference: Reference): unknown =>
    given[toText(reference)];

describe('the arguments of a step', () => {
  it('take what earlier steps and the run give, alone, within text, and within lists', () => {
    expect(
      resolveArguments(
        {
          name: 'replay',
          args: args({
            contract: '${contract}',
            keys: ['${search.key}', 'sku-2'],
            partitions: ['${group.stuckPartition}'],
            reason: 'offset ${group.stuckOffset} of ${contract}',
          }),
        },
        values({
          '${contract}': 'inventory',
          '${search.key}': 'sku-1',
          '${group.stuckPartition}': 3,
          '${group.stuckOffset}': '412',
        }),
      ),
    ).toEqual({
      kind: 'resolved',
      params: {
        contract: 'inventory',
        keys: ['sku-1', 'sku-2'],
        partitions: [3],
        reason: 'offset 412 of inventory',
      },
      without: [],
    });
  });

  it('name what is missing, by the step that has not given it', () => {
    const action = {
      name: 'decode-record' as const,
      args: args({ contract: 'inventory', partition: 0, offset: '${group.stuckOffset}' }),
    };
    expect(
      resolveArguments(
        action,
        () => null,
        () => 'Inspect the group',
      ),
    ).toEqual({
      kind: 'missing',
      sentence: '`${group.stuckOffset}`: the step “Inspect the group” has not given it',
    });
    expect(resolveArguments({ ...action, args: args({ contract: '${contract}' }) }, () => undefined)).toEqual(
      {
        kind: 'missing',
        sentence: '`${contract}`: this run was given no value for it',
      },
    );
  });

  it('are left out where nothing gives them and the action finds them out by itself, which is said', () => {
    const correction = {
      ...{ contract: 'c', originalEventId: 'e1', type: 'T', data: {}, originalValue: '1' },
      ...{ correctedValue: '2', reason: 'r', ticket: 't' },
    };
    const place = { partition: '${fact.partition}', offset: '${fact.offset}' };
    const given = { name: 'compensate' as const, args: args({ ...correction, ...place }) };
    expect(
      resolveArguments(
        given,
        () => null,
        () => 'Look at it',
      ),
    ).toEqual({
      kind: 'resolved',
      params: correction,
      without: [
        { name: 'partition', sentence: '`${fact.partition}`: the step “Look at it” has not given it' },
        { name: 'offset', sentence: '`${fact.offset}`: the step “Look at it” has not given it' },
      ],
    });
    expect(resolveArguments(given, values({ '${fact.partition}': 1, '${fact.offset}': '4' }))).toMatchObject({
      params: { partition: 1, offset: '4' },
      without: [],
    });
    expect(
      resolveArguments(
        { name: 'search-history', args: args({ contract: 'c', key: '${key}', eventId: '${id}' }) },
        values({ '${key}': 'a' }),
      ),
    ).toMatchObject({ params: { contract: 'c', key: 'a' }, without: [{ name: 'eventId' }] });
  });

  it.each([
    ['redrive', { contract: 'c', state: 's', cause: '${group.cause}' }],
    ['replay', { contract: 'c', reason: 'r', keys: ['${key}'] }],
    [
      'set-group-offset',
      { group: 'g', topic: 't', partition: 0, to: 'latest', from: '${group.stuckOffset}' },
    ],
    ['compensate', { contract: 'c', originalEventId: '${id}' }],
  ] as const)('are not left out of a %s, which would be another act without them', (name, given) => {
    expect(resolveArguments({ name, args: args(given) }, () => null)).toMatchObject({ kind: 'missing' });
  });

  it('are whole numbers where the action takes numbers, and decimal text where it takes offsets', () => {
    const resolved = resolveArguments(
      {
        name: 'decode-record',
        args: args({ contract: 'inventory', partition: '${partition}', offset: '${offset}' }),
      },
      values({ '${partition}': '3', '${offset}': 412 }),
    );
    expect(resolved).toEqual({
      kind: 'resolved',
      params: { contract: 'inventory', partition: 3, offset: '412' },
      without: [],
    });
  });

  it('may be more than what they refer to, also beyond what a number holds', () => {
    const pass = (value: unknown) =>
      resolveArguments(
        {
          name: 'set-group-offset',
          args: args({
            group: 'g',
            topic: 't',
            partition: '${partition + 1}',
            to: '${group.stuckOffset + 1}',
          }),
        },
        (reference) => (reference.step === null ? 2 : value),
      );
    expect(pass('9007199254740993')).toMatchObject({ params: { partition: 3, to: '9007199254740994' } });
    expect(pass('none')).toMatchObject({ kind: 'invalid' });
    expect(pass(null)).toEqual({
      kind: 'missing',
      sentence: '`${group.stuckOffset + 1}`: the step `group` has not given it',
    });
  });

  it('are refused where the action does not take them, and the sentence says which', () => {
    const resolved = resolveArguments(
      { name: 'decode-record', args: args({ contract: 'inventory', partition: '${p}', offset: '-1' }) },
      values({ '${p}': 'three' }),
    );
    expect(resolved).toMatchObject({
      kind: 'invalid',
      sentence: expect.stringMatching(/partition: .*offset: /),
    });
  });

  it('take defaults of the action where the file says nothing', () => {
    expect(
      resolveArguments({ name: 'await-lag', args: args({ contract: 'inventory', of: 'g' }) }, () => null),
    ).toMatchObject({ params: { underMs: 60_000, withinSeconds: 600 } });
  });

  it('put every reference back as it was written', () => {
    const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,10}$/);
    const step = fc.option(fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/));
    const part = fc.oneof(
      fc.record({ step, name }).map(toText),
      fc.string().filter((text) => !text.includes('$') && !text.includes('{')),
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const text = parts.join('');
        const argument = parseArgument(text);
        if ('mistake' in argument) throw new Error(argument.mistake);
        const said = resolveArguments({ name: 'notify', args: { text: argument } }, toText);
        if (text.trim() === '' || text.trim().length > 2000) expect(said.kind).toBe('invalid');
        else expect(said).toMatchObject({ kind: 'resolved', params: { text: text.trim() } });
        expect(referencesIn(argument).map(toText)).toEqual(parts.filter((each) => each.startsWith('${')));
      }),
    );
  });

  it.each(['${', '${a.b.c}', '${A.b}', '${step output}', 'before ${ }'])('hold no %j', (text) => {
    expect(parseArgument(text)).toEqual({ mistake: expect.stringContaining('is no reference') });
  });
});
