/** Characters that RFC 3986 lets stand in a URI, plus those that real clients leave bare (`[ ] " < > ^ | { }`). */
const BARE = /^[\x21\x22\x24-\x7e]*$/;

/** C0, DEL, C1 (`Cc`) and lone surrogates (`Cs`), which have no UTF-8 form. */
const UNFIT = /[\p{Cc}\p{Cs}]/u;

/** True when the text is well-formed Unicode without control characters. */
export function isFitText(text: string): boolean {
  return !UNFIT.test(text);
}

/**
 * Percent-decodes one component strictly (RFC 3986 §2.1): `undefined` for a broken `%`, for bytes that are not
 * well-formed UTF-8 (overlong forms, surrogates, above U+10FFFF), for control characters, and for anything that
 * had to be encoded and was not: bytes above 0x7E, blanks, and `#`, which no request target holds (RFC 9112 §3.2).
 */
export function decodeComponent(raw: string): string | undefined {
  if (!BARE.test(raw)) return undefined;
  if (!raw.includes('%')) return raw;
  try {
    const text = decodeURIComponent(raw);
    return isFitText(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

/** The same for a query component, where a bare `+` is a space (WHATWG URL, `application/x-www-form-urlencoded`). */
export function decodeFormComponent(raw: string): string | undefined {
  return decodeComponent(raw.includes('+') ? raw.replaceAll('+', '%20') : raw);
}
