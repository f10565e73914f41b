import { RepriseError } from '../../domain/shared/errors.ts';
import type { AuditLog } from '../ports/audit.ts';
import type { NewId } from '../ports/clock.ts';
import type { KeptView, SavedViewStore, ViewCommands, ViewPage } from '../ports/saved-views.ts';
import type { Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import type { SavedView } from '../views.ts';

type Deps = {
  readonly unitOfWork: UnitOfWork;
  readonly views: SavedViewStore;
  readonly audit: AuditLog;
  readonly newId: NewId;
};

/** More than anybody finds their way in. */
export const VIEWS_AT_MOST = 100;

export function listViews(
  deps: Pick<Deps, 'unitOfWork' | 'views'>,
  personId: string,
  page: ViewPage,
): Promise<readonly SavedView[]> {
  return deps.unitOfWork.run(async (tx) =>
    (await deps.views.list(tx, personId, page)).map(({ page: _, ...view }) => ({
      ...view,
      isOwn: view.personId === personId,
    })),
  );
}

/** Keeps a set of filters under a name. Throws RepriseError input-invalid for a name that is taken. */
export function saveView(
  deps: Deps,
  request: Parameters<ViewCommands['saveView']>[0],
): Promise<{ readonly viewId: string }> {
  return deps.unitOfWork.run(async (tx) => {
    const own = await deps.views.lockOwn(tx, request.personId, request.page);
    if (own.length >= VIEWS_AT_MOST)
      throw new RepriseError(
        'input-invalid',
        `You keep ${VIEWS_AT_MOST} views already. Delete one that you don't need any more.`,
        { where: 'name' },
      );
    refuseTaken(own, request.name, null);
    const id = deps.newId();
    await deps.views.insert(tx, { ...request, id });
    await note(deps, tx, 'view.saved', { ...request, id });
    return { viewId: id };
  });
}

/** Changes a view of one's own: its name, what it filters, or who sees it. What is left out stays as it is. */
export function changeView(deps: Deps, request: Parameters<ViewCommands['changeView']>[0]): Promise<void> {
  return deps.unitOfWork.run(async (tx) => {
    const view = await ownView(deps, tx, request.personId, request.viewId);
    const changed = {
      ...view,
      name: request.name ?? view.name,
      query: request.query ?? view.query,
      shared: request.shared ?? view.shared,
    };
    const own = await deps.views.lockOwn(tx, request.personId, view.page);
    if (changed.name !== view.name) refuseTaken(own, changed.name, view.id);
    await deps.views.change(tx, view.id, changed);
    await note(deps, tx, 'view.changed', changed);
  });
}

export function removeView(
  deps: Deps,
  request: { readonly viewId: string; readonly personId: string },
): Promise<void> {
  return deps.unitOfWork.run(async (tx) => {
    const view = await ownView(deps, tx, request.personId, request.viewId);
    await deps.views.remove(tx, view.id);
    await note(deps, tx, 'view.removed', view);
  });
}

/** Of what is somebody else's it is not said that it is there. */
async function ownView(deps: Deps, tx: Transaction, personId: string, viewId: string): Promise<KeptView> {
  const view = await deps.views.findOwn(tx, personId, viewId);
  if (view === null)
    throw new RepriseError('view-not-found', 'This view is deleted already, or is none of yours.');
  return view;
}

function refuseTaken(own: readonly KeptView[], name: string, itself: string | null): void {
  if (own.some((each) => looksOf(each.name) === looksOf(name) && each.id !== itself))
    throw new RepriseError(
      'input-invalid',
      `You have a view "${name}" already. Give this one another name.`,
      {
        where: 'name',
      },
    );
}

/** What of a name is seen: `é` has two spellings, and some characters none at all. */
const looksOf = (name: string) =>
  name
    .normalize('NFC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .trim();

/** Names and filters are words of a person's own, and stay out of the audit. */
function note(
  deps: Deps,
  tx: Transaction,
  action: 'view.saved' | 'view.changed' | 'view.removed',
  { id, personId, page, shared }: Pick<KeptView, 'id' | 'personId' | 'page' | 'shared'>,
): Promise<void> {
  return deps.audit.append(tx, {
    actor: personId,
    action,
    subject: `view:${id}`,
    outcome: 'done',
    detail: { page, shared },
  });
}
