/** As headers can carry it; quotes and spaces that a chat has put around a key cannot be. */
const WRITABLE = /^[\x21-\x7e]+$/;

export const isWritable = (credential) => WRITABLE.test(credential);

export const UNWRITABLE = 'That is no key: it holds characters, or spaces, that no key has.';

/** A key of the gateway, or a token of an issuer. */
export const headersOf = (credential) =>
  credential.startsWith('agw_') ? { 'X-API-Key': credential } : { Authorization: `Bearer ${credential}` };
