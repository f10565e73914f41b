import type pg from 'pg';
import type { StoryStep } from '../../story/retries.ts';
import type { StockFact } from '../../story/stock-facts.ts';
import { inTransaction } from '../process/database.ts';
import { publishAgain, recordFacts } from './record-facts.ts';

/** How many facts a busy service commits together. */
const factsPerTransaction = 25;

/** Feeds steps of a history in their order, through the same code as live traffic. */
export async function feedStory(pool: pg.Pool, steps: readonly StoryStep[]): Promise<void> {
  let facts: StockFact[] = [];
  const commit = async () => {
    const batch = facts;
    facts = [];
    if (batch.length > 0) await inTransaction(pool, (client) => recordFacts(client, batch));
  };
  for (const step of steps) {
    if (step.step === 'record') facts.push(step.fact);
    if (facts.length === factsPerTransaction || step.step === 'retry') await commit();
    if (step.step === 'retry') await inTransaction(pool, (client) => publishAgain(client, [step.eventId]));
  }
  await commit();
}
