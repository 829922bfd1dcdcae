/**
 * The values of a header in the order received, of Node's flat list of names and values. Node's parsed headers keep the
 * first of two and hide the second; `headersDistinct` is no help: see CVE-2026-21710.
 */
export function headerValues(rawHeaders: readonly string[], name: string): string[] {
  const wanted = name.toLowerCase();
  const values: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() === wanted) values.push(rawHeaders[at + 1] ?? '');
  }
  return values;
}
