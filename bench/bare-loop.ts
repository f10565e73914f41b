/**
 * What the engine is held against, in a process of its own: kafkajs reads a topic and parses every value, and that
 * is all. Arguments: brokers, topic, number of events. Prints one line of JSON.
 */
import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { peakMemoryMb, processorMs } from './process-figures.ts';

const [brokers = '', topic = '', wanted = '0'] = process.argv.slice(2);
const events = Number(wanted);
const kafka = new Kafka({ clientId: 'bench-bare', brokers: brokers.split(','), logLevel: logLevel.ERROR });
const groupId = `reprise-bench-${randomUUID()}`;
const consumer = kafka.consumer({ groupId });
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });

let joined = 0;
let processorBefore: number | null = null;
let read = 0;
let amounts = 0;
const finished = Promise.withResolvers<number>();
consumer.on('consumer.group_join', () => {
  // A group that was joined anew reads from the start again.
  read = 0;
  joined = performance.now();
  processorBefore = processorMs(process.pid);
});
consumer.on('consumer.crash', ({ payload }) => finished.reject(payload.error));
await consumer.run({
  autoCommit: false,
  eachBatch: async ({ batch }) => {
    for (const { value } of batch.messages) {
      if (value === null) continue;
      const parsed: { data: { amount: number } } = JSON.parse(value.toString());
      // So that nothing may leave the parsing out.
      amounts += parsed.data.amount;
      read += 1;
    }
    if (read >= events) finished.resolve(performance.now() - joined);
  },
});
const ms = await finished.promise;
const processorAfter = processorMs(process.pid);
const cpuMs = processorBefore === null || processorAfter === null ? null : processorAfter - processorBefore;
const peakMb = peakMemoryMb(process.pid);
process.stdout.write(`${JSON.stringify({ events: read, amounts, ms, cpuMs, peakMb })}\n`);
await consumer.disconnect();
const admin = kafka.admin();
await admin.connect();
await admin.deleteGroups([groupId]).finally(() => admin.disconnect());
process.exit(0);
