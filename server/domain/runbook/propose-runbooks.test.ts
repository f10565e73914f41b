import { describe, expect, it } from 'vitest';
import { proposeRunbooks } from './propose-runbooks.ts';

const runbook = (id: string, incidents: readonly string[], contracts: readonly string[] = []) => ({
  id,
  title: id,
  incidents,
  contracts,
});
const incident = {
  kind: 'budget',
  cause: 'budget:inventory:lag:group:warehouse-projector',
  contractId: 'inventory',
  runbook: null,
};
const ids = (...args: Parameters<typeof proposeRunbooks>) => proposeRunbooks(...args).map(({ id }) => id);

describe('the runbooks that are proposed for an incident', () => {
  it('are the one that it names, then those for a part of its cause, then those for its kind', () => {
    const runbooks = [
      runbook('any-budget', ['budget']),
      runbook('lag', ['budget:lag']),
      runbook('named', []),
      runbook('losses', ['budget:losses', 'lost-event']),
    ];
    expect(proposeRunbooks({ ...incident, runbook: 'named' }, runbooks)).toEqual([
      { id: 'named', title: 'named', reason: 'the contract names it for this' },
      { id: 'lag', title: 'lag', reason: 'it is for incidents of this kind, about lag' },
      { id: 'any-budget', title: 'any-budget', reason: 'it is for incidents of this kind' },
    ]);
  });

  it('are none of other contracts, unless the incident names them', () => {
    const runbooks = [runbook('ours', ['budget'], ['inventory']), runbook('theirs', ['budget'], ['orders'])];
    expect(ids(incident, runbooks)).toEqual(['ours']);
    expect(ids({ ...incident, contractId: null }, runbooks)).toEqual([]);
    expect(ids({ ...incident, runbook: 'theirs' }, runbooks)).toEqual(['theirs', 'ours']);
  });

  it('do not take the name of a contract or group for the beginning of another word', () => {
    expect(ids(incident, [runbook('a', ['budget:la']), runbook('b', ['duplicate:lag'])])).toEqual([]);
  });
});
