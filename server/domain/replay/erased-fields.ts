import type { Erasure } from '../contract/index.ts';
import type { HistoryRecord } from './record.ts';
import { asText, compileSelector, memberOf, type ReadValue } from './selectors.ts';

/** Keys of subjects. `keyOf` answers null for a subject whose key was deleted: it has been erased. */
export type Subjects = {
  keyOf(subject: string): Uint8Array | null;
  /** The plain text; null where this key no longer opens it. Throws where the ciphertext is damaged. */
  decrypt(key: Uint8Array, base64: string): string | null;
};

/** What of one event can no longer be read, for who folds it later. */
export type LostFields = {
  /** How often F asks for it within `work`. What can't be followed counts as asked for once. */
  readonly readsDuring: (work: () => void) => number;
};

type Path = { readonly parents: readonly string[]; readonly name: string };

/**
 * Decrypts the fields of an event's data that are encrypted per subject. What can no longer be read becomes
 * null, behind a getter that counts how often F asks for it: a state that was folded without asking is the same
 * state as before the subject was forgotten.
 */
export class ErasedFields {
  /** How often the last event's lost fields were read between `startCounting` and `stopCounting`. */
  reads = 0;
  /** Whether the last event has fields that can no longer be read. */
  found = false;
  private readonly subject: ReadValue;
  private readonly paths: readonly Path[];
  private readonly subjects: Subjects;
  private lost: Path[] = [];
  /** Numbers the events with lost fields; and the one whose reads count at the moment. */
  private guarded = 0;
  private counted: number | null = null;

  constructor(erasure: Erasure, subjects: Subjects) {
    this.subject = compileSelector(erasure.subject);
    this.subjects = subjects;
    this.paths = erasure.fields.map((field) => {
      const steps = field.split('.');
      return { parents: steps.slice(0, -1), name: steps.at(-1) ?? '' };
    });
  }

  /** Decrypts in place, before the data is validated. A sentence says what went wrong; null: nothing did. */
  open(record: HistoryRecord, value: unknown, data: unknown): string | null {
    this.found = false;
    this.lost = [];
    let key: Uint8Array | null | undefined;
    for (const path of this.paths) {
      const parent = parentOf(data, path);
      const sealed = parent?.[path.name];
      if (parent === undefined || typeof sealed !== 'string') continue;
      if (key === undefined) {
        const subject = asText(this.subject(record, value));
        if (subject === undefined) return `it names no subject, whose key would open ${nameOf(path)}`;
        key = this.subjects.keyOf(subject);
      }
      let plain: string | null = null;
      try {
        if (key !== null) plain = this.subjects.decrypt(key, sealed);
      } catch {
        return `${nameOf(path)} can't be decrypted with its subject's key`;
      }
      parent[path.name] = plain;
      if (plain === null) this.lost.push(path);
    }
    this.found = this.lost.length > 0;
    return null;
  }

  /**
   * Puts the counting getters into the validated data that F will see. A lost field that an upcaster made
   * something else of can't be followed, and counts as read: `true` says so.
   */
  guard(data: unknown, upcast: boolean): boolean {
    let untraceable = false;
    const own = ++this.guarded;
    // A state that keeps the data keeps its getters until it is written: then they are no longer this event's reads.
    const get = (): null => {
      if (this.counted === own) this.reads += 1;
      return null;
    };
    for (const path of this.lost) {
      const parent = parentOf(data, path);
      if (parent === undefined || !Object.hasOwn(parent, path.name)) {
        untraceable ||= upcast;
        continue;
      }
      Object.defineProperty(parent, path.name, { get, enumerable: true, configurable: true });
    }
    return untraceable;
  }

  /** Of the event that was guarded last. */
  lostFields(untraceable: boolean): LostFields {
    const own = this.guarded;
    return {
      readsDuring: (work) => {
        this.reads = 0;
        this.counted = own;
        work();
        this.counted = null;
        return this.reads + (untraceable ? 1 : 0);
      },
    };
  }

  startCounting(): void {
    this.reads = 0;
    this.counted = this.guarded;
  }

  stopCounting(): void {
    this.counted = null;
  }
}

const nameOf = (path: Path) => [...path.parents, path.name].join('.');

function parentOf(data: unknown, path: Path): Record<string, unknown> | undefined {
  let at = data;
  for (const step of path.parents) at = memberOf(at, step);
  return typeof at === 'object' && at !== null ? (at as Record<string, unknown>) : undefined;
}
