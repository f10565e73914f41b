import type { ActionRow, ReviewStore } from '../../application/ports/reviews.ts';

type ActionRecord = {
  action_id: string;
  version: number;
  title: string;
  owner: string | null;
  due_on: string | null;
  link: string | null;
  done_when: string;
  dropped: boolean;
  written_by: string;
  written_at: Date;
  done: boolean | null;
  note: string | null;
  marked_by: string | null;
  marked_at: Date | null;
};

/** The newest version of each action, with what was said of it last. */
export const NEWEST_ACTIONS = `SELECT a.action_id::text, a.review_id, a.version, a.title, a.owner, to_char(a.due_on, 'YYYY-MM-DD') AS due_on,
    a.link, a.done_when, a.dropped, a.written_by, a.written_at, m.done, m.note, m.marked_by, m.marked_at,
    first_value(a.id) OVER (PARTITION BY a.action_id ORDER BY a.version) AS begun,
    row_number() OVER (PARTITION BY a.action_id ORDER BY a.version DESC) AS back
  FROM review_action a
  LEFT JOIN LATERAL (SELECT * FROM review_action_mark m WHERE m.action_id = a.action_id ORDER BY m.id DESC LIMIT 1) m ON true`;

function toAction(row: ActionRecord): ActionRow {
  const { done, marked_by: by, marked_at: at } = row;
  return {
    id: row.action_id,
    version: row.version,
    title: row.title,
    owner: row.owner,
    dueOn: row.due_on,
    link: row.link,
    doneWhen: row.done_when,
    dropped: row.dropped,
    writtenBy: row.written_by,
    writtenAt: row.written_at,
    mark: done === null || by === null || at === null ? null : { done, note: row.note ?? '', by, at },
  };
}

export const actionStore: Pick<ReviewStore, 'actions' | 'action' | 'addAction' | 'mark'> = {
  async actions(tx, id) {
    const rows = await tx.query<ActionRecord>(
      `SELECT * FROM (${NEWEST_ACTIONS} WHERE a.review_id = $1) AS newest
       WHERE back = 1 AND NOT dropped ORDER BY begun`,
      [id],
    );
    return rows.map(toAction);
  },

  async action(tx, id, actionId) {
    const [row] = await tx.query<ActionRecord>(
      `SELECT * FROM (${NEWEST_ACTIONS} WHERE a.review_id = $1 AND a.action_id = $2) AS newest WHERE back = 1`,
      [id, actionId],
    );
    return row === undefined ? null : toAction(row);
  },

  async addAction(tx, id, action) {
    await tx.query(
      `INSERT INTO review_action (action_id, review_id, version, title, owner, due_on, link, done_when, dropped, written_by)
       VALUES ($1, $2, $3, $4, $5, $6::date, $7, $8, $9, $10)`,
      [
        action.id,
        id,
        action.version,
        action.title,
        action.owner,
        action.dueOn,
        action.link,
        action.doneWhen,
        action.dropped,
        action.writtenBy,
      ],
    );
  },

  async mark(tx, id, { actionId, done, note, markedBy }) {
    await tx.query(
      'INSERT INTO review_action_mark (action_id, review_id, done, note, marked_by) VALUES ($1, $2, $3, $4, $5)',
      [actionId, id, done, note, markedBy],
    );
  },
};
