import type { SavedView } from '../views.ts';
import type { Transaction } from './unit-of-work.ts';

/** Lists whose filters can be kept. */
export const viewPages = ['evidence'] as const;
export type ViewPage = (typeof viewPages)[number];

export type KeptView = Omit<SavedView, 'isOwn'> & { readonly page: ViewPage };

/** Sets of filters that people have named. Names differ within a person's views of a page. */
export interface SavedViewStore {
  /** A person's own, and what others share, by name. */
  list(tx: Transaction, personId: string, page: ViewPage): Promise<readonly KeptView[]>;
  /** Held until the transaction ends, so that no two acts of one person count the same views. */
  lockOwn(tx: Transaction, personId: string, page: ViewPage): Promise<readonly KeptView[]>;
  insert(tx: Transaction, view: Omit<KeptView, 'changedAt'>): Promise<void>;
  /** null: this person has no such view. */
  findOwn(tx: Transaction, personId: string, viewId: string): Promise<KeptView | null>;
  change(tx: Transaction, viewId: string, change: Pick<KeptView, 'name' | 'query' | 'shared'>): Promise<void>;
  remove(tx: Transaction, viewId: string): Promise<void>;
}

/** What somebody does with their own views. */
export type ViewCommands = {
  /** Throws RepriseError input-invalid for a name that is taken. */
  saveView(
    request: Pick<KeptView, 'page' | 'name' | 'query' | 'shared' | 'personId'>,
  ): Promise<{ readonly viewId: string }>;
  /** What is left out stays as it is. */
  changeView(request: {
    readonly viewId: string;
    readonly personId: string;
    readonly name?: string | undefined;
    readonly query?: string | undefined;
    readonly shared?: boolean | undefined;
  }): Promise<void>;
  removeView(request: { readonly viewId: string; readonly personId: string }): Promise<void>;
};
