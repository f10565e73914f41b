import { describe, expect, it } from 'vitest';
import { topicState } from '../../../../domain/contract/define.ts';
import { topicMigration } from './migration.ts';

const shelf = topicState<unknown>({
  title: 'Shelf',
  topic: 'shelf.state',
  consumerGroup: 'shelf-projector',
  transactionalId: 'shelf-projector',
  fields: { total: { path: 'total', expected: () => 0 } },
});

describe('what a topic needs before anything of it can be promoted', () => {
  it('is a compacted topic of one partition beside it, and the rights of the user that promotes', () => {
    const lines = topicMigration(shelf, 'reprise_promoter').split('\n');
    expect(lines[0]).toContain(
      "--topic 'shelf.state.reprise-promotion' --partitions 1 --config cleanup.policy=compact",
    );
    expect(lines.slice(1).map((line) => line.split("'User:reprise_promoter' ")[1])).toEqual([
      "--operation Read --operation Write --operation Describe --operation DescribeConfigs --topic 'shelf.state.reprise-promotion'",
      "--operation Write --operation Describe --operation DescribeConfigs --topic 'shelf.state'",
      "--operation Write --operation Describe --transactional-id 'shelf-projector'",
    ]);
  });

  it('hands nothing of a contract to a shell but as one word', () => {
    const odd = { ...shelf, transactionalId: "a'; rm -rf /; '" };
    expect(topicMigration(odd, 'promoter')).toContain(`--transactional-id 'a'\\''; rm -rf /; '\\'''`);
  });

  it('says so where the contract names no transactional id', () => {
    expect(topicMigration({ ...shelf, transactionalId: null }, 'promoter')).toContain(
      'without one nothing of it can be promoted',
    );
  });
});
