import { describe, expect, it } from 'vitest';
import { proposeParameters } from './propose-parameters.ts';
import type { Parameter } from './runbook.ts';

const parameter = (name: string, given: Partial<Parameter>): Parameter => ({
  name,
  type: 'text',
  title: name,
  required: true,
  default: null,
  from: null,
  ...given,
});
const incident = {
  contractId: 'inventory',
  cause: 'stuck:inventory:inventory-projector:3',
  facts: { group: 'inventory-projector', offset: '412', partition: '3', 'time lag': '12 s' },
};
const topicOf = (contractId: string) => `${contractId}.events`;
const propose = (
  parameters: readonly Parameter[],
  given: Parameters<typeof proposeParameters>[1]['incident'],
) =>
  proposeParameters(
    { parameters },
    { incident: given, topicOf, groupOf: (state) => (state === 'selling' ? 'selling-projector' : null) },
  );

describe('what a run is proposed to be given', () => {
  it('comes of the incident: its contract, its facts, parts of its cause, and the topic of its contract', () => {
    expect(
      propose(
        [
          parameter('contract', { type: 'contract', from: 'incident.contract' }),
          parameter('group', { type: 'group', from: 'incident.cause.2' }),
          parameter('partition', { type: 'integer', from: 'incident.facts.partition' }),
          parameter('offset', { type: 'offset', from: 'incident.facts.offset' }),
          parameter('lag', { from: 'incident.facts.time lag' }),
          parameter('topic', { type: 'topic', from: 'contract.topic' }),
        ],
        incident,
      ),
    ).toEqual({
      contract: 'inventory',
      group: 'inventory-projector',
      partition: 3,
      offset: '412',
      lag: '12 s',
      topic: 'inventory.events',
    });
  });

  it('is the default where the incident says nothing or something of another type', () => {
    expect(
      propose(
        [
          parameter('contract', { type: 'contract', default: 'orders', from: 'incident.contract' }),
          parameter('offset', { type: 'offset', default: '0', from: 'incident.facts.time lag' }),
          parameter('topic', { type: 'topic', from: 'contract.topic' }),
        ],
        { ...incident, contractId: null },
      ),
    ).toEqual({ contract: 'orders', offset: '0', topic: 'orders.events' });
  });

  it('is the group that keeps a state where the cause names a state, and else the default', () => {
    const parameters = [
      parameter('group', { type: 'group', default: 'usual', from: 'incident.cause.4' }),
      parameter('service', { type: 'service', default: 'usual', from: 'incident.cause.4' }),
      parameter('state', { type: 'state', from: 'incident.cause.4' }),
    ];
    const at = (cause: string) => propose(parameters, { ...incident, cause });
    const keeper = { group: 'selling-projector', service: 'selling-projector' };
    expect(at('budget:inventory:lag:state:selling')).toEqual({ ...keeper, state: 'selling' });
    expect(at('budget:inventory:lag:group:selling-projector')).toMatchObject(keeper);
    expect(at('budget:inventory:lag:state:warehouse')).toEqual({
      group: 'usual',
      service: 'usual',
      state: 'warehouse',
    });
  });

  it('is nothing where there is neither, and never what an object has of itself', () => {
    expect(
      propose(
        [
          parameter('a', {}),
          parameter('b', { from: 'incident.facts.constructor' }),
          parameter('c', { from: 'incident.cause.9' }),
        ],
        incident,
      ),
    ).toEqual({});
    expect(propose([parameter('a', { from: 'incident.facts.group' })], null)).toEqual({});
  });
});
