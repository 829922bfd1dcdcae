import type { AttributeRights, FilterRights } from './team-record.ts';

/** Whether an index may be filtered by an attribute. */
export type FilterRight = (index: string | undefined, attribute: string) => boolean;

/**
 * A filter on an attribute that is not shown would tell its value, one answer after the other. So only what is shown in
 * clear may be filtered by, and what is listed as an exception from that.
 */
export function filterRight(
  { filters, filterOnly = [] }: { filters?: FilterRights | undefined; filterOnly?: FilterRights | undefined },
  attributes: AttributeRights,
): FilterRight {
  return (index, attribute) =>
    (isListed(filters ?? [], index, attribute) && isShown(attributes, index, attribute)) ||
    isListed(filterOnly, index, attribute);
}

export function isListed(rights: FilterRights, index: string | undefined, attribute: string): boolean {
  if (rights === '*') return true;
  if (isList(rights)) return rights.includes(attribute);
  return index !== undefined && Object.hasOwn(rights, index) && (rights[index]?.includes(attribute) ?? false);
}

function isShown(attributes: AttributeRights, index: string | undefined, attribute: string): boolean {
  if (attributes === '*') return true;
  return (
    index !== undefined &&
    Object.hasOwn(attributes, index) &&
    (attributes[index]?.allow.includes(attribute) ?? false)
  );
}

const isList = (rights: Exclude<FilterRights, '*'>): rights is readonly string[] => Array.isArray(rights);
