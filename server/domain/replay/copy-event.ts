import type { EngineEvent } from '../contract/index.ts';
import { copyState } from './canonical-state.ts';

/**
 * An event for another fold of it: F may keep its data in a state and change it there, and what one fold has changed
 * must not reach the other.
 */
export function copyEvent({ id, type, key, occurredAt, data }: EngineEvent): EngineEvent {
  return { id, type, key, occurredAt, data: copyState(data) };
}
