const reasons = { 404: 'NotFound', 409: 'AlreadyExists', 422: 'Invalid', 500: 'InternalError' } as const;

/** Answered as a Status, by whose reason clients decide what to do. */
export class ApiError extends Error {
  readonly code: keyof typeof reasons;

  constructor(code: keyof typeof reasons, message: string) {
    super(message);
    this.code = code;
  }

  get body(): object {
    const { code, message } = this;
    return { ...status, status: 'Failure', reason: reasons[code], code, message };
  }
}

const status = { kind: 'Status', apiVersion: 'v1', metadata: {} };

export const success = { ...status, status: 'Success' };
