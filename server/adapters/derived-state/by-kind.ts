import type { DerivedStateReader } from '../../application/ports/derived-state.ts';
import type { PromotionTarget } from '../../application/ports/promotion-target.ts';
import type { DerivedState, PostgresState, TopicState } from '../../domain/contract/index.ts';

/** What a state in a topic is read or written with; throws RepriseError where no broker is configured. */
type Topics<T> = () => T;

/** Reads each derived state with what reads its kind of store. */
export function readersByKind(
  tables: DerivedStateReader<PostgresState<unknown>>,
  topics: Topics<DerivedStateReader<TopicState<unknown>>>,
): DerivedStateReader {
  // A method takes the one kind that it is asked for here, which its type does not say.
  const of = (state: DerivedState<unknown>): DerivedStateReader =>
    state.kind === 'kafka' ? topics() : tables;
  return {
    openSnapshot: async (state) => of(state).openSnapshot(state),
    positionOf: async (state) => of(state).positionOf(state),
    tryReading: async (state) => of(state).tryReading(state),
    readiness: async (name, state) => of(state).readiness(name, state),
    rowsOf: async (state, keys) => of(state).rowsOf(state, keys),
  };
}

/** Promotes each derived state with what writes its kind of store. */
export function targetsByKind(
  tables: PromotionTarget<PostgresState<unknown>>,
  topics: Topics<PromotionTarget<TopicState<unknown>>>,
): PromotionTarget {
  const of = (state: DerivedState<unknown>): PromotionTarget => (state.kind === 'kafka' ? topics() : tables);
  return {
    migration: (state, role) => of(state).migration(state, role),
    check: async (state, ...given) => of(state).check(state, ...given),
    refuseEarly: async (state) => of(state).refuseEarly(state),
    fence: async (state, promotionId, token) => of(state).fence(state, promotionId, token),
    promote: async (state, attempt) => of(state).promote(state, attempt),
  };
}
