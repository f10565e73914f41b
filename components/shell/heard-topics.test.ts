import { expect, it } from 'vitest';
import { HeardTopics } from './heard-topics.ts';

it('what arrives after an update that it may not know of is asked for again, for some seconds', () => {
  const heard = new HeardTopics();
  heard.hear('replay:1', 0);
  heard.hear('people', 1_000);
  const ofReplay = (topic: string) => topic.startsWith('replay:');
  expect(heard.thatTouch(ofReplay, 2_000)).toEqual(['replay:1']);
  expect(heard.thatTouch(() => false, 2_000)).toEqual([]);
  expect(heard.thatTouch(() => true, 15_500)).toEqual(['people']);
  expect(heard.thatTouch(() => true, 20_000)).toEqual([]);
});
