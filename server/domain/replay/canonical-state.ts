/**
 * States as JSON, without the general library's cost: a fold checks a state at every event and writes it at every
 * checkpoint. `canonicalState` equals shared/canonical-json (RFC 8785) on all that `stateProblem` lets pass.
 */

const MAX_DEPTH = 100;
// All but a quote, a backslash and control characters, which are escaped, and surrogates, which may be lone ones.
const NEEDS_CARE = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

/**
 * What keeps a value from being a state, as the end of a sentence ("holds NaN at balance"); null where nothing does.
 * `before` is the state that it came from: parts that are the same objects were checked then, and are passed over.
 * What was changed within such a part since is for `anyProblem` to find.
 */
export function stateProblem(value: unknown, before: unknown): string | null {
  return problemIn(value, before, 0) === null ? null : locate(value, '', 0);
}

/** The same of every part, whatever was checked before, and without saying where: names within a state may be data. */
export function anyProblem(value: unknown): string | null {
  return problemIn(value, undefined, 0);
}

/** What to say of such a state, once its last event is known. */
export function hiddenProblemSentence(problem: string, eventType: string, offset: number | string): string {
  const where = `${eventType} at offset ${offset}, or an event of the same key before it`;
  return `The projection's state is no JSON: it holds ${problem}, in a part of it that was changed in place by ${where}.`;
}

function problemIn(value: unknown, before: unknown, depth: number): string | null {
  if (value === before && value !== undefined && depth > 0) return null;
  switch (typeof value) {
    case 'string':
      return NEEDS_CARE.test(value) && !value.isWellFormed() ? 'text that is not well-formed Unicode' : null;
    case 'number':
      return Number.isFinite(value) ? null : String(value);
    case 'boolean':
      return null;
    case 'object':
      if (value === null) return null;
      if (depth >= MAX_DEPTH) return `more than ${MAX_DEPTH} levels`;
      return Array.isArray(value)
        ? problemInArray(value, before, depth)
        : problemInObject(value as Record<string, unknown>, before, depth);
    case 'undefined':
      return 'undefined';
    default:
      return `a ${typeof value}`;
  }
}

function problemInArray(list: readonly unknown[], before: unknown, depth: number): string | null {
  const earlier: readonly unknown[] = Array.isArray(before) ? before : [];
  for (let i = 0; i < list.length; i++) {
    const problem = problemIn(list[i], earlier[i], depth + 1);
    if (problem !== null) return problem;
  }
  return null;
}

const nothing: Record<string, unknown> = {};

function problemInObject(object: Record<string, unknown>, before: unknown, depth: number): string | null {
  if (!isPlain(object)) return `a ${object.constructor?.name ?? 'special object'}`;
  const earlier =
    typeof before === 'object' && before !== null ? (before as Record<string, unknown>) : nothing;
  for (const name in object) {
    const value = object[name];
    if (!name.isWellFormed()) return 'a name that is not well-formed Unicode';
    // Looking up what stood here before costs more than checking a number.
    if (typeof value === 'number' && Number.isFinite(value)) continue;
    // A state that is changed in place is its own predecessor, which then says nothing of its text.
    const passed = object !== before || typeof value === 'object';
    const problem = problemIn(value, passed ? earlier[name] : undefined, depth + 1);
    if (problem !== null) return problem;
  }
  return null;
}

/** Walks again, this time with a path: only a state that is refused pays for it. */
function locate(value: unknown, path: string, depth: number): string {
  if (typeof value === 'object' && value !== null && depth < MAX_DEPTH) {
    const isList = Array.isArray(value);
    for (const name of isList || isPlain(value) ? Object.keys(value) : []) {
      const inner = (value as Record<string, unknown>)[name];
      if (problemIn(inner, undefined, depth + 1) === null) continue;
      return locate(inner, isList ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`, depth + 1);
    }
  }
  const problem = problemIn(value, undefined, depth) ?? 'an empty place in a list';
  return `holds ${problem}${path === '' ? '' : ` at ${path}`}`;
}

/** Object.prototype of the realm that the last states came from. */
let otherObjectPrototype: object = Object.prototype;

/** A literal of any realm: contracts run in one of their own, where Object.prototype is another object. */
function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype === Object.prototype || prototype === otherObjectPrototype || prototype === null) return true;
  if (typeof prototype !== 'object' || Object.getPrototypeOf(prototype) !== null) return false;
  if (!Object.hasOwn(prototype, 'isPrototypeOf')) return false;
  otherObjectPrototype = prototype;
  return true;
}

/**
 * A value that `stateProblem` let pass as the text to fold on from: its names stand as F has put them, since F may go
 * by that order. States stored before this was so have theirs sorted, and are taken up as they are.
 */
export const storedState = (value: unknown): string => JSON.stringify(value);

/** Canonical JSON of a value that `stateProblem` let pass: what is digested. */
export function canonicalState(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return textJson(value);
    case 'number':
      return Object.is(value, -0) ? '0' : String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? arrayJson(value) : objectJson(value as Record<string, unknown>);
    default:
      throw new TypeError(
        `a state holds ${typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`}`,
      );
  }
}

const textJson = (text: string) => (NEEDS_CARE.test(text) ? JSON.stringify(text) : `"${text}"`);

function arrayJson(list: readonly unknown[]): string {
  let text = '[';
  for (let i = 0; i < list.length; i++) {
    text += i === 0 ? canonicalState(list[i]) : `,${canonicalState(list[i])}`;
  }
  return `${text}]`;
}

function objectJson(object: Record<string, unknown>): string {
  let text = '{';
  let separator = '';
  for (const name of sortedNames(object)) {
    text += `${separator}${textJson(name)}:${canonicalState(object[name])}`;
    separator = ',';
  }
  return `${text}}`;
}

/** The names of the last object, as they stood and in order: most states of a contract have the same. */
let lastNames: readonly string[] = [];
let lastSorted: readonly string[] = [];

function sortedNames(object: Record<string, unknown>): readonly string[] {
  let at = 0;
  for (const name in object) {
    if (name !== lastNames[at]) {
      at = -1;
      break;
    }
    at += 1;
  }
  if (at === lastNames.length) return lastSorted;
  const names = Object.keys(object);
  lastNames = names;
  lastSorted = names.toSorted();
  return lastSorted;
}

/** Whether two states have the same canonical JSON, without writing it. */
export function sameState(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!sameState(a[i], b[i])) return false;
    return true;
  }
  let names = 0;
  for (const name in a) {
    names += 1;
    if (!Object.hasOwn(b, name)) return false;
    if (!sameState((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name])) return false;
  }
  return Object.keys(b).length === names;
}

/**
 * A state of its own, to fold on without touching the one given. What is no JSON stays the same object: no state holds
 * it, and an event's data, which may, is copied for what of it a state can hold. What is named by a symbol is not looked
 * into.
 */
export function copyState(state: unknown): unknown {
  if (typeof state !== 'object' || state === null) return state;
  if (Array.isArray(state)) return state.map(copyState);
  if (!isPlain(state)) return state;
  const copy: Record<string, unknown> = { ...state };
  for (const name in copy) {
    const value = copy[name];
    // Of a name that the copy has itself by now, __proto__ too: assigning sets no prototype.
    if (typeof value === 'object' && value !== null) copy[name] = copyState(value);
  }
  return copy;
}

/**
 * Two states that F was asked for, as two that nothing has in common: F may answer with one object time and again, and
 * what is changed in it later would be changed for every key and in both folds. `first` is one that `stateProblem` let pass.
 */
export function setApart(first: unknown, second: unknown): readonly [first: unknown, second: unknown] {
  return haveInCommon(first, second) ? [copyState(first), copyState(second)] : [first, second];
}

function haveInCommon(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a === b) return true;
  for (const name in a) {
    if (haveInCommon((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name])) return true;
  }
  return false;
}
