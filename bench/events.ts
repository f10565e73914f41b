/**
 * The history that is measured: events as a service would write them, 160 bytes of JSON each, made from their
 * number alone, so that two runs read the same bytes.
 */
export const partitions = 6;

export type BenchEvent = { readonly id: string; readonly key: string; readonly amount: number };

/** Every hundredth event is a redelivery of an earlier one: same id, same key, same bytes. */
const duplicateEvery = 100;
const redeliveredAfter = 37;
const valueBytes = 160;

export function isRedelivery(place: number): boolean {
  return place % duplicateEvery === duplicateEvery - 1;
}

/** The number of the event that stands at this place: its own, or that of the one that is delivered again. */
function originalOf(place: number): number {
  return isRedelivery(place) ? place - redeliveredAfter : place;
}

export function countDuplicates(events: number): number {
  return Math.floor(events / duplicateEvery);
}

/** `keys` of 0: every event has a key of its own. */
export function eventAt(place: number, keys: number): BenchEvent {
  const number = originalOf(place);
  const mixed = mix(number);
  return {
    id: uuidOf(number, mixed),
    key: keyOf(keys === 0 ? number : mixed % keys),
    amount: amountOf(number),
  };
}

export function keyOf(number: number): string {
  return `item-${String(number).padStart(7, '0')}`;
}

export function amountOf(number: number): number {
  return (number % 97) + 1;
}

/** The same figure in SQL, for live tables that are filled by PostgreSQL itself. */
export const amountInSql = (number: string) => `(${number} % 97) + 1`;

/** JSON of exactly 160 bytes, all of it ASCII. */
export function jsonOf(event: BenchEvent): string {
  const head = `{"event_id":"${event.id}","type":"ItemsAdded","version":1,"data":{"amount":${event.amount},"note":"`;
  const tail = '"}}';
  const note = valueBytes - head.length - tail.length;
  return `${head}${'received at dock 4, counted twice, put on the shelf'.padEnd(note, '.').slice(0, note)}${tail}`;
}

/** Spreads neighbouring numbers over 32 bits (the finaliser of MurmurHash3). */
function mix(number: number): number {
  let h = Math.imul(number ^ (number >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function uuidOf(number: number, mixed: number): string {
  const hex = (n: number, digits: number) => (n >>> 0).toString(16).padStart(digits, '0');
  const other = mix(mixed ^ number);
  return `${hex(mixed, 8)}-${hex(other & 0xffff, 4)}-4${hex((other >>> 16) & 0xfff, 3)}-8000-${hex(number, 12)}`;
}
