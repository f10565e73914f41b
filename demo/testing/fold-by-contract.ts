import type { EngineContract, EngineEvent } from '../../server/domain/contract/define.ts';

export type StoredEvent = {
  readonly id: string;
  readonly type: string;
  readonly version: number;
  readonly key: string;
  readonly data: unknown;
};

/**
 * The seven answers applied in the plainest way: first delivery of each id, upcast to the latest version, checked
 * by its schema, folded under the keys it touches. Slow and small on purpose: it shares no line with the engine.
 * @throws Error for an event that the contract doesn't know.
 */
export function foldByContract(
  contract: EngineContract,
  delivered: readonly StoredEvent[],
): { states: Map<string, unknown>; duplicates: number } {
  const { route, initial, apply } = contract.projection;
  const states = new Map<string, unknown>();
  const seen = new Set<string>();
  for (const stored of delivered) {
    if (seen.has(stored.id)) continue;
    seen.add(stored.id);
    const event: EngineEvent = {
      id: stored.id,
      type: stored.type,
      key: stored.key,
      occurredAt: null,
      data: upcast(contract, stored),
    };
    for (const key of route?.(event) ?? [event.key]) {
      states.set(key, apply(states.get(key) ?? initial(key), { ...event, key }));
    }
  }
  return { states, duplicates: delivered.length - seen.size };
}

function upcast(contract: EngineContract, stored: StoredEvent): unknown {
  const versions = contract.events[stored.type]?.versions ?? [];
  const from = versions.findIndex((known) => known.version === stored.version);
  if (from === -1) throw new Error(`the contract does not know ${stored.type} version ${stored.version}`);
  return versions.slice(from).reduce((data, { schema, upcast: next }) => {
    const checked = schema.parse(data);
    return next === null ? checked : next(checked as never);
  }, stored.data);
}
