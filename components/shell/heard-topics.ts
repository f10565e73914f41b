/** Longer than a page takes from when the server has looked until its answers are in the browser. */
const KEPT_MS = 15_000;

/**
 * What was heard of late. The answers of a page that is on its way from the server may be older than an update that has
 * arrived before them, and nobody would ask for them again: the update found no question that it makes old.
 */
export class HeardTopics {
  private readonly at = new Map<string, number>();

  hear(topic: string, nowMs: number): void {
    this.at.set(topic, nowMs);
  }

  /** Topics of the last seconds that touch what has just arrived. */
  thatTouch(touches: (topic: string) => boolean, nowMs: number): readonly string[] {
    for (const [topic, at] of this.at) if (nowMs - at > KEPT_MS) this.at.delete(topic);
    return [...this.at.keys()].filter(touches);
  }
}
