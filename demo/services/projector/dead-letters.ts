import type { Producer } from 'kafkajs';
import { deadLetterHeaders } from '../../layout.ts';
import type { Parked } from './apply-batch.ts';

/** Parks records with why and where from; key, value and headers stay as they were. */
export async function park(
  producer: Producer,
  origin: { deadLetters: string; topic: string; partition: number; projector: string },
  parked: readonly Parked[],
): Promise<void> {
  await producer.send({
    topic: origin.deadLetters,
    acks: -1,
    messages: parked.map(({ message, reason }) => ({
      key: message.key,
      value: message.value,
      headers: {
        ...message.headers,
        [deadLetterHeaders.cause]: reason.cause,
        [deadLetterHeaders.detail]: reason.message,
        [deadLetterHeaders.projector]: origin.projector,
        [deadLetterHeaders.topic]: origin.topic,
        [deadLetterHeaders.partition]: String(origin.partition),
        [deadLetterHeaders.offset]: message.offset,
        [deadLetterHeaders.parkedAt]: new Date().toISOString(),
      },
    })),
  });
}
