/** RFC 6750 §2.1: what may stand in an Authorization header. Nothing else may ever get that far. */
const TOKEN = /^[\x21-\x7e]{1,8192}$/;

export const isBearerToken = (text: string): boolean => TOKEN.test(text);
