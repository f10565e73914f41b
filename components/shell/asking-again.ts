import type { Query, QueryCacheNotifyEvent, QueryClient } from '@tanstack/react-query';
import { topicTouches } from '@/app/_trpc/live-topics.ts';
import { HeardTopics } from './heard-topics.ts';

/** Bursts of updates become one round of questions. */
const gatherMs = 250;
const cameToLifeMs = 5_000;

/**
 * Gathers what was heard, and asks again for the answers that it makes old; while paused it only counts. An answer
 * that is under way is never dropped for a newer one: where answers take longer than updates are apart, none would
 * ever arrive. It is let come, and asked for once more then, since it may be older than what was heard.
 */
export class AskingAgain {
  private readonly queries: QueryClient;
  /** Told how many updates are held back. */
  private readonly onHeld: (count: number) => void;
  private topics = new Set<string>();
  private everything = false;
  /** Queries that were touched while their answer was under way, and then those whose answer has come since. */
  private readonly underWay = new Set<string>();
  private settled = new Set<string>();
  private readonly heard = new HeardTopics();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private paused: boolean;
  private held = 0;

  constructor(queries: QueryClient, paused: boolean, onHeld: (count: number) => void) {
    this.queries = queries;
    this.paused = paused;
    this.onHeld = onHeld;
  }

  /** Watches the answers until the function that it gives is called. */
  start(): () => void {
    let alive = false;
    const stop = this.queries.getQueryCache().subscribe((event) => {
      this.noteSettled(event);
      if (alive) this.noteArrived(event);
    });
    // Not while the first page comes to life: its parts have to find what the server wrote, and then all is asked for.
    const later = setTimeout(() => {
      alive = true;
    }, cameToLifeMs);
    return () => {
      clearTimeout(later);
      stop();
      this.forgetTimer();
    };
  }

  hear(topic: string): void {
    this.heard.hear(topic, performance.now());
    this.topics.add(topic);
    this.count();
    this.schedule();
  }

  hearAll(): void {
    this.everything = true;
    this.count();
    this.schedule();
  }

  setPaused(paused: boolean): void {
    this.paused = paused;
    if (paused) this.forgetTimer();
    else if (this.everything || this.topics.size > 0 || this.settled.size > 0) this.ask();
  }

  private count(): void {
    if (this.paused) this.onHeld(++this.held);
  }

  private schedule(): void {
    if (!this.paused) this.timer ??= setTimeout(() => this.ask(), gatherMs);
  }

  private forgetTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private ask(): void {
    this.forgetTimer();
    const { topics, everything, settled } = this;
    this.topics = new Set();
    this.everything = false;
    this.settled = new Set();
    this.held = 0;
    this.onHeld(0);
    const predicate = (query: Query) =>
      everything ||
      settled.has(query.queryHash) ||
      [...topics].some((topic) => topicTouches(topic, query.queryKey));
    for (const query of this.queries.getQueryCache().findAll({ predicate })) {
      if (query.state.fetchStatus !== 'idle') this.underWay.add(query.queryHash);
    }
    void this.queries.invalidateQueries({ predicate }, { cancelRefetch: false });
  }

  private noteSettled({ type, query }: QueryCacheNotifyEvent): void {
    if (!this.underWay.has(query.queryHash)) return;
    if (type === 'removed') this.underWay.delete(query.queryHash);
    if (type !== 'updated' || query.state.fetchStatus !== 'idle') return;
    this.underWay.delete(query.queryHash);
    this.settled.add(query.queryHash);
    this.schedule();
  }

  /** What comes with a page was looked up before it was sent, and may not know what has been heard since. */
  private noteArrived(event: QueryCacheNotifyEvent): void {
    if (event.type !== 'added' && !(event.type === 'updated' && event.action.type === 'setState')) return;
    const { queryKey } = event.query;
    for (const topic of this.heard.thatTouch((each) => topicTouches(each, queryKey), performance.now())) {
      this.topics.add(topic);
      // In the midst of a render: nothing is counted here, also where a page is paused.
      this.schedule();
    }
  }
}
