/**
 * The history of the parcels: transactions that commit and abort, also side by side, retries, redeliveries, and a
 * partition count that is raised midway. And what it all comes to, worked out from the ledger alone.
 */
import { type ParcelFact, type ParcelTopic, placeOfKey, type WrittenFact } from './parcel-topic.ts';

export const partitionsBefore = 4;
export const partitionsAfter = 6;
const factsPerPhase = 1800;
const factsPerTransaction = 90;
const parcelsPerPhase = 200;

/** Parcels 0 to 199 in the first phase and 40 to 239 in the second, each with nine facts a phase. */
function factsOfPhase(phase: 0 | 1): ParcelFact[] {
  return Array.from({ length: factsPerPhase }, (_, i): ParcelFact => {
    const number = (i % parcelsPerPhase) + phase * 40;
    const type = typeInRound(Math.floor(i / parcelsPerPhase), number);
    // Old scanners, which know neither country nor lane, are all there is at first, and some stay.
    const isOld = type !== 'ParcelScanned' || (phase === 0 && i < factsPerPhase / 2) || i % 7 === 0;
    return {
      id: `e-${phase}-${i}`,
      parcel: `parcel-${number}`,
      type,
      version: isOld ? 1 : 2,
      atMs: Date.UTC(2024, 4, 1 + phase) + i * 1000,
      depot: `D${i % 17}`,
      country: isOld ? 'NL' : (['NL', 'DE', 'BE'][i % 3] ?? 'NL'),
      lane: isOld ? null : (([null, 'EXPRESS', 'ECONOMY'] as const)[i % 3] ?? null),
      grams: 100 + (i % 50),
    };
  });
}

function typeInRound(round: number, number: number): ParcelFact['type'] {
  if (round === 3) return 'ParcelPhotographed';
  return round === 8 && number % 3 === 0 ? 'ParcelDelivered' : 'ParcelScanned';
}

/** Facts that never came true: were one of them applied, its weight would show. */
function ghosts(name: string, count = factsPerTransaction): ParcelFact[] {
  return factsOfPhase(1)
    .slice(0, count)
    .map((fact) => ({ ...fact, id: `ghost-${name}-${fact.id}`, grams: 1_000_000 }));
}

/** Writes all of it. `raise` gives the topic its later number of partitions. */
export async function writeParcelStory(topic: ParcelTopic, raise: () => Promise<void>): Promise<void> {
  const before = factsOfPhase(0);
  await writePhase(topic, before, 'before');
  await raise();
  await topic.raised(partitionsAfter);
  // Deliveries that a producer was not sure of are made again, and reach another partition than the first time.
  const moved = before.filter(
    ({ parcel }) => placeOfKey(parcel, partitionsBefore) !== placeOfKey(parcel, partitionsAfter),
  );
  const stayed = before.filter((fact) => !moved.includes(fact));
  await topic.write([...moved.slice(0, 12), ...stayed.slice(0, 4)], 'commit');
  await writePhase(topic, factsOfPhase(1), 'after');
  await topic.write(ghosts('tail', parcelsPerPhase), 'abort');
}

async function writePhase(topic: ParcelTopic, facts: readonly ParcelFact[], name: string): Promise<void> {
  for (let at = 0, turn = 0; at < facts.length; at += factsPerTransaction, turn++) {
    const batch = facts.slice(at, at + factsPerTransaction);
    const ghost = `${name}-${turn}`;
    if (turn % 10 === 4) await besideAborted(topic, batch, ghost);
    else if (turn % 10 === 9) await afterTwoAborted(topic, batch, ghost);
    else {
      if (turn % 5 === 1) await topic.write(batch, 'abort');
      await topic.write(turn % 4 === 3 ? [...batch, ...facts.slice(at - 40, at - 37)] : batch, 'commit');
    }
  }
}

/** Two transactions take turns in the same partitions, and one of them is aborted. */
async function besideAborted(topic: ParcelTopic, facts: readonly ParcelFact[], name: string): Promise<void> {
  const [real, unreal] = [await topic.begin('first'), await topic.begin('second')];
  const half = facts.length / 2;
  await unreal.send(ghosts(`${name}-a`));
  await real.send(facts.slice(0, half));
  await unreal.send(ghosts(`${name}-b`));
  await real.send(facts.slice(half));
  await unreal.end('abort');
  await real.end('commit');
}

/** Two transactions are aborted side by side; what is committed then stands right behind them. */
async function afterTwoAborted(
  topic: ParcelTopic,
  facts: readonly ParcelFact[],
  name: string,
): Promise<void> {
  const [one, other] = [await topic.begin('first'), await topic.begin('second')];
  await one.send(ghosts(`${name}-a`));
  await other.send(ghosts(`${name}-b`));
  await one.end('abort');
  await topic.write(facts, 'commit');
  await other.send(ghosts(`${name}-c`));
  await other.end('abort');
}

/** Facts that every consumer has to set aside, each in its own way. */
export function unreadableFacts(): readonly ParcelFact[] {
  const unreadable: readonly Partial<ParcelFact>[] = [
    { id: 'no-frame', spoil: () => Buffer.from('{"eventId":"no-frame"}') },
    {
      id: 'no-schema',
      spoil: (value) => Buffer.concat([Buffer.from([0, 0, 15, 18, 6]), value.subarray(5)]),
    },
    { id: 'cut-short', spoil: (value) => value.subarray(0, 9) },
    { id: 'too-new', version: 9 },
  ];
  return factsOfPhase(1)
    .filter(({ version }) => version === 2)
    .slice(0, unreadable.length)
    .map((fact, i) => ({ ...fact, ...unreadable[i] }));
}

export type ParcelState = {
  readonly scans: number;
  readonly grams: number;
  readonly depot: string | null;
  readonly lanes: Readonly<Record<string, number>>;
  readonly deliveredAt: string | null;
};

/** Every committed delivery of a fact that counts, in the order of writing. */
export const delivered = (topic: ParcelTopic): readonly WrittenFact[] =>
  committed(topic).filter(({ fact }) => isReadable(fact) && fact.type !== 'ParcelPhotographed');

const committed = (topic: ParcelTopic) => topic.written.filter(({ ending }) => ending === 'commit');
const isReadable = ({ spoil, version }: ParcelFact) => spoil === undefined && version <= 2;

/** Deliveries of facts that had been delivered before, wherever that was. */
export function redelivered(topic: ParcelTopic): readonly WrittenFact[] {
  const seen = new Set<string>();
  return delivered(topic).filter(({ fact }) => {
    const isAgain = seen.has(fact.id);
    seen.add(fact.id);
    return isAgain;
  });
}

/** The parcels as plain sums over what was delivered: no contract, no Avro, no partition. */
export function parcelStates(topic: ParcelTopic): ReadonlyMap<string, ParcelState> {
  const again = new Set(redelivered(topic));
  const facts = delivered(topic)
    .filter((each) => !again.has(each))
    .map(({ fact }) => fact);
  return new Map(
    [...Map.groupBy(facts, ({ parcel }) => parcel)].map(([parcel, own]): [string, ParcelState] => {
      const scanned = own.filter(({ type }) => type === 'ParcelScanned');
      const last = scanned.at(-1);
      const ended = own.findLast(({ type }) => type === 'ParcelDelivered');
      const byLane = Map.groupBy(
        scanned.filter(({ lane }) => lane !== null),
        ({ lane }) => lane ?? '',
      );
      return [
        parcel,
        {
          scans: scanned.length,
          grams: scanned.reduce((sum, { grams }) => sum + grams, 0),
          depot: last === undefined ? null : `${last.country}-${last.depot}`,
          lanes: Object.fromEntries([...byLane].map(([lane, inLane]) => [lane, inLane.length])),
          deliveredAt: ended === undefined ? null : new Date(ended.atMs).toISOString(),
        },
      ];
    }),
  );
}

/** Parcels whose counted deliveries stand in more than one partition. */
export function parcelsInTwoPartitions(topic: ParcelTopic): readonly string[] {
  const byParcel = Map.groupBy(delivered(topic), ({ fact }) => fact.parcel);
  return [...byParcel]
    .filter(([, own]) => new Set(own.map(({ partition }) => partition)).size > 1)
    .map(([parcel]) => parcel);
}

/** What a replay has to count, each delivered offset once. */
export function expectedCounters(topic: ParcelTopic): Readonly<Record<string, number>> {
  const counted = delivered(topic);
  const again = redelivered(topic);
  const duplicates = again.length;
  const isAgain = new Set(again.map(({ partition, offset }) => `${partition}:${offset}`));
  const quarantined = committed(topic).filter(({ fact }) => !isReadable(fact)).length;
  const partitions = topic.ends().length;
  return {
    applied: counted.length - duplicates,
    duplicates,
    conflictingDuplicates: 0,
    filtered: committed(topic).length - counted.length - quarantined,
    quarantined,
    erased: 0,
    erasedReads: 0,
    outOfOrder: 0,
    // A redelivery is a duplicate and nothing else, in whichever partition it stands.
    misplaced: counted.filter(
      ({ fact, partition, offset }) =>
        !isAgain.has(`${partition}:${offset}`) && placeOfKey(fact.parcel, partitions) !== partition,
    ).length,
    absentControl: topic.markerCount,
    absentAborted: topic.written.filter(({ ending }) => ending === 'abort').length,
    absentCompacted: 0,
    absentMissing: 0,
  };
}
