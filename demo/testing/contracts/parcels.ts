/**
 * Parcels on their way: values are Avro through a schema registry. The state keeps where a parcel was seen last, so
 * that it comes out wrong where events of one parcel change places.
 */
import { z } from 'zod';
import {
  defineContract,
  event,
  fromHeader,
  fromKey,
  fromValue,
  kafkaHistory,
  perPartition,
  postgresState,
  registry,
} from '../../../server/domain/contract/define.ts';

type Parcel = {
  readonly scans: number;
  readonly grams: number;
  readonly depot: string | null;
  readonly lanes: Readonly<Record<string, number>>;
  readonly deliveredAt: string | null;
};

export default defineContract({
  id: 'parcels',
  title: 'Parcels on their way',
  authors: ['rosa'],
  history: kafkaHistory({ topic: 'TOPIC', format: registry('avro') }),
  ordering: { key: fromKey(), partitioner: 'murmur2' },
  envelope: {
    id: fromValue('eventId'),
    type: fromHeader('type'),
    version: fromHeader('version'),
    occurredAt: fromValue('at'),
  },
  events: {
    ParcelScanned: event(1, z.object({ depot: z.string(), grams: z.number().int() })).next(
      2,
      z.object({
        place: z.object({ code: z.string(), country: z.string() }),
        grams: z.number().int(),
        lane: z.enum(['EXPRESS', 'ECONOMY']).nullable(),
      }),
      (v1) => ({ place: { code: v1.depot, country: 'NL' }, grams: v1.grams, lane: null }),
    ),
    ParcelDelivered: event(1, z.object({ receivedBy: z.string().nullable() })),
  },
  ignored: ['ParcelPhotographed'],
  projection: {
    initial: (): Parcel => ({ scans: 0, grams: 0, depot: null, lanes: {}, deliveredAt: null }),
    apply: (parcel, e) => {
      switch (e.type) {
        case 'ParcelScanned': {
          const { place, grams, lane } = e.data;
          return {
            ...parcel,
            scans: parcel.scans + 1,
            grams: parcel.grams + grams,
            depot: `${place.country}-${place.code}`,
            lanes: lane === null ? parcel.lanes : { ...parcel.lanes, [lane]: (parcel.lanes[lane] ?? 0) + 1 },
          };
        }
        case 'ParcelDelivered':
          return { ...parcel, deliveredAt: e.occurredAt };
      }
    },
  },
  derivedStates: {
    tracking: postgresState<Parcel>({
      title: 'Tracking',
      connection: 'shop',
      table: 'tracking',
      key: 'parcel',
      fields: {
        scans: { column: 'scans', expected: (parcel) => parcel.scans },
        grams: { column: 'grams', expected: (parcel) => parcel.grams },
        depot: { column: 'depot', expected: (parcel) => parcel.depot },
      },
      position: perPartition({ table: 'tracking_position' }),
    }),
  },
  invariants: {
    a_parcel_is_seen_before_it_is_delivered: {
      over: 'key',
      holds: (parcel) => parcel.deliveredAt === null || parcel.scans > 0,
    },
  },
});
