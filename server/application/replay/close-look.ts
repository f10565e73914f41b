import type { DerivedState, EngineContract, EventType, Invariant } from '../../domain/contract/index.ts';
import type { Progress } from '../ports/progress.ts';

/**
 * The same contract, whose every function leaves word of itself before it runs: so that one which never answers is
 * known by name. That costs a call, and only a job that stood still before is done with it.
 */
export function lookClosely(contract: EngineContract, progress: Progress): EngineContract {
  const named = namer(progress);
  const { route, initial, apply } = contract.projection;
  return {
    ...contract,
    events: mapped(contract.events, (type, name) => namedType(type, name, named)),
    projection: {
      ...(route && { route: named(route, (event) => `projection.route of ${event.type}`) }),
      initial: named(initial, () => 'projection.initial'),
      apply: named(apply, (_, event) => `projection.apply of ${event.type}`),
    },
    derivedStates: mapped(contract.derivedStates, (state, name) => namedState(state, name, named)),
    invariants: mapped(contract.invariants, (invariant, name) => namedInvariant(invariant, name, named)),
  };
}

type Named = <Args extends unknown[], Result>(
  call: (...args: Args) => Result,
  nameOf: (...args: Args) => string,
) => (...args: Args) => Result;

function namer(progress: Progress): Named {
  return (call, nameOf) =>
    (...args) => {
      progress.calling(nameOf(...args));
      try {
        return call(...args);
      } finally {
        progress.calling(null);
      }
    };
}

function mapped<T>(all: Readonly<Record<string, T>>, map: (one: T, name: string) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(all).map(([name, one]) => [name, map(one, name)]));
}

function namedType(type: EventType<unknown>, name: string, named: Named): EventType<unknown> {
  return {
    ...type,
    versions: type.versions.map(({ version, schema, upcast }) => {
      const safeParse = named(
        (data: unknown) => schema.safeParse(data),
        () => `events.${name}, the schema of version ${version}`,
      );
      return {
        version,
        // Inherits whatever else a schema is asked for.
        schema: Object.create(schema, { safeParse: { value: safeParse } }),
        upcast: upcast && named(upcast, () => `events.${name}, the upcaster from version ${version}`),
      };
    }),
  };
}

type ComparedField = Pick<DerivedState<unknown>['fields'][string], 'expected'>;

function namedState(state: DerivedState<unknown>, name: string, named: Named): DerivedState<unknown> {
  const at = `derivedStates.${name}`;
  const exists = state.exists && named(state.exists, () => `${at}.exists`);
  const lookedAt = <Field extends ComparedField>(field: Field, of: string): Field => ({
    ...field,
    expected: named(field.expected, () => `${at}.fields.${of}.expected`),
  });
  return state.kind === 'kafka'
    ? { ...state, exists, fields: mapped(state.fields, lookedAt) }
    : { ...state, exists, fields: mapped(state.fields, lookedAt) };
}

function namedInvariant(invariant: Invariant<unknown>, name: string, named: Named): Invariant<unknown> {
  const at = (part: string) => () => `invariants.${name}.${part}`;
  switch (invariant.over) {
    case 'key':
      return { ...invariant, holds: named(invariant.holds, at('holds')) };
    case 'whole':
      return {
        ...invariant,
        start: named(invariant.start, at('start')),
        add: named(invariant.add, at('add')),
        holds: named(invariant.holds, at('holds')),
      };
    case 'sql':
      return invariant;
  }
}
