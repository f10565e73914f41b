import type { EngineContract, EngineEvent, Projection } from '../contract/index.ts';
import {
  anyProblem,
  copyState,
  hiddenProblemSentence,
  sameState,
  setApart,
  stateProblem,
  storedState,
} from './canonical-state.ts';
import { copyEvent } from './copy-event.ts';
import { refuseImpure, sentenceOf } from './event-reader.ts';
import type { FindingLog } from './finding-log.ts';
import { isPromise, refusePromise } from './promises.ts';
import { RecentKeys } from './recent-keys.ts';
import { isRefusedAlike } from './refused-alike.ts';

/** A replayed state as it is stored: `state` is what `storedState` gives. */
export type StateRow = {
  readonly key: string;
  readonly state: string;
  /** Offset of the last event that touched the key, and how many were applied. */
  readonly lastOffset: bigint;
  readonly events: bigint;
};

/** As many events wait for the second fold at most, whatever the batches are: few, or they would outlive the young generation. */
const SECOND_FOLD_EVENTS = 256;
const NONE = -1;

/** One key: its state in the first and in the second fold. */
class KeySlot {
  readonly key: string;
  first: unknown;
  second: unknown;
  lastOffset = NONE;
  events = 0;
  lastType = '';
  dirty = false;
  misplaced = false;
  diverged = false;
  /** Chain of the events that the second fold has yet to apply: indexes into the waiting events. */
  head = NONE;
  tail = NONE;

  constructor(key: string, first: unknown, second: unknown) {
    this.key = key;
    this.first = first;
    this.second = second;
  }
}

export type { KeySlot };

/**
 * The states of one partition, folded twice from the same events: at once, in the order of the records; and
 * again later, key by key in another order and with other batch borders. A projection whose result depends on
 * anything but a key's own events, in their order, gives two different states.
 */
export class KeyStates {
  private readonly projection: Projection<unknown, EngineEvent>;
  private readonly findings: FindingLog;
  private readonly slots = new Map<string, KeySlot>();
  private dirty: KeySlot[] = [];
  /** One list for all times, since lists that grow anew were a third of what a commit allocates. */
  private readonly waiting = new Array<EngineEvent | undefined>(SECOND_FOLD_EVENTS).fill(undefined);
  private waitingCount = 0;
  private readonly next = new Int32Array(SECOND_FOLD_EVENTS);
  private readonly touched = new Array<KeySlot | undefined>(SECOND_FOLD_EVENTS).fill(undefined);
  private touchedCount = 0;
  private readonly recent: RecentKeys<KeySlot> | null;
  /** What `recall` found last. It may be of an earlier record, and is right all the same: no slot is ever given up. */
  private recalled: KeySlot | null = null;
  /** Why the last `apply` did not take place. */
  problem = '';

  /** `recalls` says whether `recall` will be asked. */
  constructor(contract: EngineContract, findings: FindingLog, recalls = false) {
    this.recent = recalls ? new RecentKeys() : null;
    this.projection = contract.projection;
    this.findings = findings;
  }

  get size(): number {
    return this.slots.size;
  }

  keys(): IterableIterator<string> {
    return this.slots.keys();
  }

  get(key: string): KeySlot | undefined {
    return this.slots.get(key);
  }

  /** Takes in a stored state. It is not dirty: it is written again only when an event touches it. */
  load(row: { key: string; state: string; lastOffset: bigint | number; events: bigint | number }): KeySlot {
    const slot = new KeySlot(row.key, JSON.parse(row.state), JSON.parse(row.state));
    slot.lastOffset = Number(row.lastOffset);
    slot.events = Number(row.events);
    this.keep(slot);
    return slot;
  }

  private keep(slot: KeySlot): void {
    this.slots.set(slot.key, slot);
    this.recent?.keep(slot, this.slots);
  }

  /** The key that stands in these bytes, where it has been seen of late: `slotOf` finds it at once then. */
  recall(bytes: Uint8Array, from: number, to: number): string | null {
    const found = this.recent?.find(bytes, from, to);
    if (found === undefined) return null;
    this.recalled = found;
    return found.key;
  }

  /**
   * The slot of a key, made with F's initial state where there is none yet; it is kept only once an event has
   * been applied to it. undefined where F could not give one; `problem` says why.
   */
  slotOf(key: string, event: EngineEvent, offset: number): KeySlot | undefined {
    // Mostly the very same text, and no other that is equal: comparing it costs nothing.
    if (this.recalled?.key === key) return this.recalled;
    const known = this.slots.get(key);
    if (known !== undefined) return known;
    if (key.includes('\u0000') || !key.isWellFormed()) {
      this.problem = 'Its key holds U+0000 or a lone surrogate, and no text in PostgreSQL can.';
      return undefined;
    }
    try {
      const first = this.projection.initial(key);
      const trouble = stateProblem(first, undefined);
      if (trouble === null) return new KeySlot(key, ...setApart(first, this.projection.initial(key)));
      this.problem = isPromise(first)
        ? `The projection's initial ${refusePromise(first)}`
        : `The initial state is no JSON: it ${trouble}.`;
    } catch (error) {
      refuseImpure(error, 'The projection', event.type, offset);
      this.problem = `The initial state could not be made: ${sentenceOf(error)}`;
    }
    return undefined;
  }

  /** What the last `compute` gave, where F did not fail. */
  computed: unknown = undefined;

  /** What F makes of an event on a state, checked. False where it failed: the state is as it was, and `problem` says why. */
  compute(slot: KeySlot, event: EngineEvent, offset: number): boolean {
    try {
      const state = this.projection.apply(slot.first, event);
      const trouble = stateProblem(state, slot.first);
      if (trouble === null) {
        this.computed = state;
        return true;
      }
      this.problem = isPromise(state)
        ? `The projection ${refusePromise(state)}`
        : `The projection's state is no JSON: it ${trouble}.`;
    } catch (error) {
      refuseImpure(error, 'The projection', event.type, offset);
      this.problem = `The projection failed: ${sentenceOf(error)}`;
    }
    this.restore(slot, { event, offset, failed: true });
    return false;
  }

  /** Makes a computed state the key's state, and leaves the event to the second fold. */
  commit(slot: KeySlot, state: unknown, event: EngineEvent, offset: number): void {
    if (slot.lastOffset === NONE) this.keep(slot);
    slot.first = state;
    slot.lastOffset = offset;
    slot.events += 1;
    slot.lastType = event.type;
    if (!slot.dirty) {
      slot.dirty = true;
      this.dirty.push(slot);
    }
    if (this.waitingCount === SECOND_FOLD_EVENTS) this.foldAgain();
    const at = this.waitingCount++;
    // After the first fold's call: what that has done to the event itself is for the second fold to find.
    this.waiting[at] = copyEvent(event);
    this.next[at] = NONE;
    if (slot.head === NONE) {
      slot.head = at;
      this.touched[this.touchedCount++] = slot;
    } else this.next[slot.tail] = at;
    slot.tail = at;
  }

  /** The second fold catches up: keys in the reverse order of their first event, each with its events in order. */
  foldAgain(): void {
    const { touched } = this;
    for (let i = this.touchedCount - 1; i >= 0; i--) {
      const slot = touched[i];
      if (slot !== undefined) this.foldSlotAgain(slot);
    }
    this.touchedCount = 0;
    this.waitingCount = 0;
  }

  private foldSlotAgain(slot: KeySlot): void {
    const { waiting, next, projection } = this;
    let at = slot.head;
    slot.head = NONE;
    while (at !== NONE) {
      const event = waiting[at];
      if (event === undefined) break;
      try {
        slot.second = projection.apply(slot.second, event);
      } catch (error) {
        refuseImpure(error, 'The projection', event.type, slot.lastOffset);
        const what = `failed the second time it was folded: ${sentenceOf(error)}`;
        this.diverged(slot, slot.lastOffset, event.type, what);
      }
      at = next[at] ?? NONE;
    }
  }

  private diverged(slot: KeySlot, offset: number, eventType: string, what: string): void {
    if (slot.diverged) return;
    slot.diverged = true;
    this.findings.add('not-deterministic', offset, { key: slot.key, eventType }, `${eventType} ${what}`);
  }

  /**
   * F may have changed the state it was given, by an event that was not applied after all. The second fold has not
   * seen it yet: the first takes the second's state back, after it was checked that the second would have come to the
   * same. Where the two are equal too, since their names may stand in another order. Only a failure pays for it.
   */
  restore(
    slot: KeySlot,
    call: { readonly event: EngineEvent; readonly offset: number; readonly failed: boolean },
  ): void {
    this.foldSlotAgain(slot);
    if (!isRefusedAlike(this.projection, slot, call)) {
      const what = 'was not applied, and it or an event before it came to something else the second time.';
      this.diverged(slot, call.offset, call.event.type, what);
    }
    if (stateProblem(slot.second, undefined) === null) slot.first = copyState(slot.second);
  }

  /**
   * What keeps a state that was touched since the last take from being written: F may have changed a part of it in
   * place, where the check of the event did not look. The first such key by its last event, however takes cut them.
   */
  hiddenProblem(): { readonly sentence: string; readonly offset: number } | null {
    let found: { slot: KeySlot; problem: string } | null = null;
    for (const slot of this.dirty) {
      const problem = anyProblem(slot.first);
      if (problem !== null && (found === null || slot.lastOffset < found.slot.lastOffset))
        found = { slot, problem };
    }
    if (found === null) return null;
    const { lastOffset: offset, lastType } = found.slot;
    return { sentence: hiddenProblemSentence(found.problem, lastType, offset), offset };
  }

  /** The rows of the keys touched since the last take, after the second fold has caught up and agreed. */
  takeDirty(): StateRow[] {
    this.foldAgain();
    const rows: StateRow[] = [];
    for (const slot of this.dirty) {
      slot.dirty = false;
      if (!sameState(slot.first, slot.second)) {
        const what = 'or an event before it gave another state the second time it was folded.';
        this.diverged(slot, slot.lastOffset, slot.lastType, what);
      }
      rows.push({
        key: slot.key,
        state: storedState(slot.first),
        lastOffset: BigInt(slot.lastOffset),
        events: BigInt(slot.events),
      });
    }
    this.dirty = [];
    return rows;
  }
}
